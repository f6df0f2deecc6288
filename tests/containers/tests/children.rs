//! Tests the children of a program that is PID 1: what they inherit, and which process gets their exit status.

use containers::{Ended, Program, Recipe, Run, in_docker};

/// What one of the children inherited.
fn inherited<'a>(ended: &'a Ended, child: &str) -> Vec<&'a str> {
    let masks = ["SigBlk:", "SigIgn:", "SigCgt:"];
    let said = ended.log.iter().filter_map(|line| line.strip_prefix(child));
    said.filter(|line| masks.iter().any(|mask| line.starts_with(mask))).collect()
}

#[test]
fn spec_3_20_children_inherit_no_mask_and_no_dispositions_of_ours() {
    in_docker(|| {
        let image = Recipe::scratch(Program::new("parent")).build()?;
        let control = Run::new().env("CONTROL", "1").start(&image).wait();
        control.assert_code(0);
        let ended = Run::new().ready(&image).stop().wait();
        ended.assert_code(0).assert_said("; 2 completed in ");
        for child in ["early child: ", "late child: "] {
            let found = inherited(&ended, child);
            assert_eq!(found.len(), 3, "{ended}");
            assert_eq!(found, inherited(&control, child), "{child}{ended}{control}");
            assert!(found.contains(&"SigBlk: 0000000000000000"), "{child}{ended}");
        }
        Ok(())
    });
}

#[test]
fn spec_3_20_the_status_of_a_child_stays_with_its_parent() {
    in_docker(|| {
        let image = Recipe::scratch(Program::new("parent")).build()?;
        let container = Run::new().ready(&image);
        // It ends before the shutdown begins, so any code could take its status.
        container.wait_for("early child: SigCgt");
        let ended = container.stop().wait();
        ended.assert_code(0).assert_before(5);
        ended.assert_said("early child: exit status: 42").assert_said("late child: Exited(Pid(").assert_said("), 42)");
        Ok(())
    });
}
