//! Tests order, groups and contradictions of small plans.

use super::*;
use crate::hook::Body;
use crate::plan::shortfall;

const fn hook(name: &'static str, phase: Phase, priority: i32, seconds: u64) -> HookRecord {
    hook_after(name, phase, priority, seconds, 7, &[])
}

const fn hook_after(
    name: &'static str,
    phase: Phase,
    priority: i32,
    seconds: u64,
    line: u32,
    after: &'static [fn() -> &'static HookRecord],
) -> HookRecord {
    HookRecord {
        name: std::borrow::Cow::Borrowed(name),
        module: "app",
        file: "src/main.rs",
        line,
        package: "app",
        version: "1.0.0",
        phase,
        priority,
        timeout: Duration::from_secs(seconds),
        timeout_is_default: false,
        after,
        body: Body::Sync(|_| Ok(Ok(()))),
    }
}

fn plan(hooks: &[&'static HookRecord]) -> Result<Plan, PlanError> {
    let budget = Budget::choose(None, None, None).map_err(|_| PlanError::Cycle(Vec::new()))?;
    Plan::new(hooks.iter().map(|hook| HookRef::Linked(hook)).collect(), budget, DrainDelay::of_program(Duration::ZERO))
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.hooks().map(super::Hook::name).collect()
}

static FLUSH: HookRecord = hook("flush", Phase::Flush, 0, 1);
static HIGH: HookRecord = hook("high", Phase::Stop, 10, 2);
static LOW: HookRecord = hook("low", Phase::Stop, -10, 3);
static ALSO_LOW: HookRecord = hook("also_low", Phase::Stop, -10, 1);
static DEREGISTER: HookRecord = hook("deregister", Phase::Deregister, -100, 1);

#[test]
fn spec_3_1_order_never_depends_on_the_order_of_the_input() -> Result<(), PlanError> {
    let expected = ["deregister", "high", "also_low", "low", "flush"];
    let mut hooks = vec![&FLUSH, &HIGH, &LOW, &ALSO_LOW, &DEREGISTER];
    for _ in 0..hooks.len() {
        hooks.rotate_left(1);
        assert_eq!(names(&plan(&hooks)?), expected);
        hooks.reverse();
        assert_eq!(names(&plan(&hooks)?), expected);
    }
    Ok(())
}

#[test]
fn spec_3_7_equal_priorities_of_a_phase_are_one_group() -> Result<(), PlanError> {
    let plan = plan(&[&FLUSH, &HIGH, &LOW, &ALSO_LOW, &DEREGISTER])?;
    let groups: Vec<_> = plan.groups().map(|(key, group)| (key.1.0, group.members.len())).collect();
    assert_eq!(groups, [(-100, 1), (10, 1), (-10, 2), (0, 1)]);
    assert_eq!(plan.worst_case(), Duration::from_secs(1 + 2 + 3 + 1));
    Ok(())
}

static FIRST: HookRecord = hook_after("first", Phase::Close, 0, 1, 7, &[]);
static SECOND: HookRecord = hook_after("second", Phase::Close, 0, 2, 7, &[|| &FIRST]);
static THIRD: HookRecord = hook_after("third", Phase::Close, 0, 4, 7, &[|| &FIRST, || &SECOND]);

#[test]
fn a_group_takes_as_long_as_its_critical_path() -> Result<(), PlanError> {
    let plan = plan(&[&THIRD, &SECOND, &FIRST])?;
    assert_eq!(plan.worst_case(), Duration::from_secs(7));
    let waits: Vec<usize> = plan.ids().map(|id| plan.waits(id)).collect();
    assert_eq!(waits, [0, 1, 2]);
    Ok(())
}

static EGG: HookRecord = hook_after("egg", Phase::Stop, 0, 1, 7, &[|| &HEN]);
static HEN: HookRecord = hook_after("hen", Phase::Stop, 0, 1, 9, &[|| &EGG]);
static SELF: HookRecord = hook_after("own_tail", Phase::Stop, 0, 1, 7, &[|| &SELF]);

#[test]
fn spec_3_5_a_cycle_is_an_error_that_names_the_hooks() {
    let error = plan(&[&HEN, &EGG]).map(|plan| plan.to_string()).map_err(|error| error.to_string());
    assert_eq!(
        error,
        Err("these hooks wait for each other: egg (src/main.rs:7) is after hen (src/main.rs:9) \
             is after egg (src/main.rs:7); remove one `after`"
            .to_owned())
    );
    assert!(plan(&[&SELF]).is_err());
}

static EARLY: HookRecord = hook_after("early", Phase::Drain, 0, 1, 7, &[|| &LOW]);

#[test]
fn spec_3_5_an_after_that_the_phases_contradict_is_an_error() {
    let error = plan(&[&EARLY, &LOW]).map(|plan| plan.to_string()).map_err(|error| error.to_string());
    let expected = "early (src/main.rs:7, phase drain, priority 0) is `after` \
                    low (src/main.rs:7, phase stop, priority -10), which runs later; \
                    move one of them to another phase or priority, or remove the `after`";
    assert_eq!(error, Err(expected.to_owned()));
}

static LONG: HookRecord = hook("long", Phase::Stop, 1, 9);

#[test]
fn spec_3_13_a_plan_that_exceeds_the_budget_names_the_hooks_that_would_be_cut() -> Result<(), PlanError> {
    assert!(plan(&[&LOW])?.fits());
    assert_eq!(shortfall::describe(&plan(&[&LOW])?), None);
    let plan = plan(&[&LOW, &LONG])?;
    assert!(!plan.fits());
    let text = shortfall::describe(&plan).unwrap_or_default();
    assert!(text.starts_with("the worst case of 12 s exceeds the usable time of 8.3 s"), "{text}");
    assert!(text.contains("long to 6.09 s of 9 s, low to 2.2 s of 3 s;"), "{text}");
    Ok(())
}

#[test]
fn a_name_of_any_length_is_shown() -> Result<(), PlanError> {
    let mut plan = plan(&[&FLUSH])?;
    let long = "x".repeat(70_000);
    let record = HookRecord { name: long.clone().into(), module: "", ..hook("", Phase::Stop, 0, 1) };
    plan.add(HookRef::Registered(std::sync::Arc::new(record)), &[]);
    assert!(plan.to_string().contains(&format!("  0  {long}  within 1 s ")));
    Ok(())
}
