//! Expands attributes whose arguments and functions are almost right: no panic, no hang, and code that parses.

use std::iter;

use arbitrary_input::{DURATIONS, Random, seeds};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{ItemFn, LitStr};

use crate::duration::{Zero, parse_text};

/// The runtime's own parser of durations.
#[path = "../../runtime/src/duration_text.rs"]
mod runtime_duration;

/// How many pairs of arguments and functions are expanded, and more while `TESTS_FUZZ_SECONDS` asks for them.
const SEEDS: u64 = 10_000;

/// How many of the samples come first because they are right, for a hook or for `main`.
const RIGHT: usize = 8;

const HOOK_ARGS: [&str; 22] = [
    "",
    "phase = flush, priority = 10, timeout = \"1m 30s\", after = [], crate = ::on_shutdown",
    "priority = URGENT - 1, timeout = PATIENCE.saturating_mul(2),",
    "priority = -10, phase = finalize, timeout = \"0.5s\"",
    "after = [flush_orders, crate::orders::Pool::<u8>::close, r#fn]",
    "timeout = Duration::from_secs(if cfg!(test) { 1 } else { 2 })",
    "timeout = { const A: u64 = 1; Duration::new(A, 0) }",
    "priority = match LEVEL { Level::High => 1, _ => 0 }",
    "phase = \"stop\", phase = Stop, phase = r#stop",
    "drain, phase",
    "announce",
    "timeout = 5s, timeout = 5.0, timeout = 'a'",
    "timeout = \"0s\", priority = \"7\"",
    "timeout = \"7M\" priority = 1.5",
    "after = flush_orders, after = [\"flush_orders\"]",
    "after = [<Orders as Hook>::flush, |x| x, other!(), [1]]",
    "crate = \"on_shutdown\"",
    "colour = blue, prio = 3, = 3, (a = b), [c], {d}",
    "phase == stop, timeout = , priority",
    "phase = stop; timeout = \"5s\"",
    "phase = orders::flush, priority = a = b, timeout = return 5",
    "priority = 1 as i32 < 2, timeout = #[cfg(a)] x..=y, timeout = async move {}",
];

const MAIN_ARGS: [&str; 22] = [
    "",
    "grace_period = \"25s\", drain_delay = \"0s\", min_drain_time = \"10s\", max_drain_time = \"20s\", signals = [SIGTERM, SIGHUP, 37]",
    "flavor = \"multi_thread\", worker_threads = 2",
    "flavor = \"current_thread\"",
    "worker_threads = THREADS * 2",
    "quiet = true, escalate_on_any = cfg!(a), signal_exit_code = false, handle_ignored_signals = QUIET",
    "settings = my_settings().quiet(true), crate = crate::shutdown",
    "grace_period = GRACE, drain_delay = Duration::ZERO",
    "flavor = \"current_thread\", worker_threads = 2",
    "worker_threads = 0, worker_threads = \"2\"",
    "worker_threads = 99999999999999999999999999u8",
    "quiet, escalate_on_any = 1, signal_exit_code = \"yes\"",
    "grace_period = \"0s\", drain_delay = 5s, min_drain_time = true",
    "signals = []",
    "signals = [SIGTERM, 99999999999999999999]",
    "signals = SIGTERM, signals = [\"term\", TERM, SIGKILL, stop, 0, 9, 300, 99999999999999999999]",
    "signals = [a::SIGTERM, r#SIGTERM, -1, 0x0f, 1u8, (SIGINT), b'a']",
    "current_thread, SIGTERM",
    "conventional = true, override_ignored = true",
    "flavor = multi_thread, flavor = \"single\", flavor = a::b",
    "= , ,, quiet = true quiet = false",
    "quiet = let true = x, settings = break, grace_period = || -> u8 { 1 }",
];

/// Functions that a hook or `main` can be, and other items. None of them contains a word of the expansion.
const ITEMS: [&str; 33] = [
    "fn close() {}",
    "async fn close(pool: &Pool, names: Vec<String>, _: Option<&'static str>) -> Result<(), Lost> { pool.close().await }",
    "/// Closes.\n#[inline] #[cfg(any())] #[deprecated] pub(in crate::orders) fn r#fn((a, _): (u8, u16)) -> io::Result<()> { Ok(()) }",
    "async fn main() {}",
    "fn main() -> Result<(), Box<dyn Error + Send>> { #![allow(unused)] let x = 'a'; Err(x)? }",
    "async fn main() -> ! { loop { wait().await } }",
    "fn main() -> ! { std::process::exit(1) }",
    "#[tokio::main(flavor = \"current_thread\")] async fn main() -> ExitCode { ExitCode::SUCCESS }",
    "#[actix_web::main] #[a = \"b\"] pub async fn main() {}",
    "fn main() { let body = async { 1 }; { build().expect(\"Failed building the Runtime\").block_on(body); } }",
    "fn main(arguments: Vec<String>, other: u8) {}",
    "fn close(&self) {}",
    "async fn close(mut self: Box<Self>) -> Self { self }",
    "fn close() -> Option<Self> { None }",
    "const fn close() {}",
    "unsafe extern \"C\" fn close(first: u8, ...) {}",
    "const async unsafe extern fn main() {}",
    "fn close<'a, T: Clone, const N: usize>(pool: &'a T, list: [u8; N]) where T: Send {}",
    "fn close() where u8: Copy {}",
    "fn close(a: &str, b: &[u8], c: &dyn Error, d: &mut Pool, e: impl Fn(), f: &impl Fn()) {}",
    "fn close(a: Pool, b: Pool, #[cfg(any())] c: &'a u8, d: &'_ u8, e: &&u8) -> impl Future<Output = ()> { async {} }",
    "fn close(a: fn(&str) -> u8, b: <A as B>::C, c: [u8; { 3 }], d: *const u8, e: Cow<'_, str>, f: m!(x)) -> ! { loop {} }",
    "fn close() -> dyn Fn(u8) -> u8 + Send { }",
    "fn close() -> dyn Fn() -> u8 + { }",
    "fn close() -> impl Fn() { }",
    "fn close(a: (), b: (u8,), c: !, d: _) -> fn() -> u8 { one }",
    "fn close();",
    "pub struct Pool { name: String }",
    "impl Pool { fn close() {} }",
    "mod orders { fn close() {} }",
    "enum A {} trait B {}",
    "static A: fn() = close;",
    "let x = 3;",
];

/// Arguments and an item that lex.
struct Input {
    args: TokenStream,
    item: TokenStream,
}

impl Input {
    /// Corrupts the arguments, the item, both or none. `None` if a text does not lex.
    fn new(random: &mut Random, args: &[&str]) -> Option<Self> {
        let mut text = |samples: &[&str]| {
            let samples = if random.below(2) == 0 { &samples[..RIGHT] } else { samples };
            if random.below(2) == 0 { random.pick(samples).to_owned() } else { random.corrupt_text(samples) }
        };
        let (args, item) = (text(args).parse().ok()?, text(&ITEMS).parse().ok()?);
        let args = if random.below(4) == 0 { with_groups(args, random) } else { args };
        Some(Self { args, item })
    }
}

/// Puts some of the tokens into invisible groups, as the compiler does with the fragments of `macro_rules`.
fn with_groups(tokens: TokenStream, random: &mut Random) -> TokenStream {
    let mut grouped = |token: TokenTree| {
        let token = match token {
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), with_groups(group.stream(), random)))
            }
            other => other,
        };
        match random.below(6) {
            0 => TokenTree::Group(Group::new(Delimiter::None, iter::once(token).collect())),
            _ => token,
        }
    };
    tokens.into_iter().map(&mut grouped).collect()
}

/// Returns all tokens, also those inside of groups.
fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let with_content = |token: TokenTree| {
        let content = match &token {
            TokenTree::Group(group) => flat(group.stream()),
            _ => Vec::new(),
        };
        iter::once(token).chain(content)
    };
    tokens.into_iter().flat_map(with_content).collect()
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Returns the messages of all `compile_error!`s.
fn errors(tokens: &[TokenTree]) -> Vec<String> {
    let message = |window: &[TokenTree]| match window {
        [name, TokenTree::Punct(_), TokenTree::Group(group)] if is_word(name, "compile_error") => {
            Some(syn::parse2::<LitStr>(group.stream()).expect("the message is a string").value())
        }
        _ => None,
    };
    tokens.windows(3).filter_map(message).collect()
}

/// Returns all tokens as text. Invisible groups leave no trace.
fn words(tokens: TokenStream) -> Vec<String> {
    let words = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let (open, close) = match group.delimiter() {
                Delimiter::Parenthesis => ("(", ")"),
                Delimiter::Brace => ("{", "}"),
                Delimiter::Bracket => ("[", "]"),
                Delimiter::None => return words(group.stream()),
            };
            [vec![open.to_owned()], words(group.stream()), vec![close.to_owned()]].concat()
        }
        other => vec![other.to_string()],
    };
    tokens.into_iter().flat_map(words).collect()
}

/// Returns whether the output has a function of this name, and the function's body, which is the last token of the item.
fn contains_function(output: &[String], name: &Ident, item: TokenStream) -> bool {
    let body = words(item.into_iter().last().into_iter().collect());
    let is_declared = output.windows(2).any(|pair| pair[0] == "fn" && *name == pair[1]);
    is_declared && output.windows(body.len()).any(|window| window == body)
}

/// Returns the first name or number of the arguments that is not in the output, but for names that the macro replaces.
fn lost_word(output: &[String], args: TokenStream) -> Option<String> {
    const REPLACED: [&str; 14] = [
        "phase",
        "priority",
        "timeout",
        "after",
        "crate",
        "deregister",
        "drain",
        "stop",
        "flush",
        "close",
        "finalize",
        "settings",
        "flavor",
        "worker_threads",
    ];
    let is_kept = |word: &String| {
        let is_name = word.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        is_name && !REPLACED.contains(&word.as_str())
    };
    words(args).into_iter().filter(is_kept).find(|word| !output.contains(word))
}

/// Checks what one attribute makes of arbitrary input. The `registration` is a word that is in its output exactly if it
/// accepts the function.
fn check(samples: &[&str], registration: &str, expand: fn(TokenStream, TokenStream) -> TokenStream) {
    let (mut accepted, mut refused) = (0, 0);
    for seed in seeds(SEEDS) {
        let Some(Input { args, item }) = Input::new(&mut Random::new(seed), samples) else { continue };
        let input = format!("seed {seed}: #[..({args})] {item}");
        let output = expand(args.clone(), item.clone());
        let tokens = flat(output.clone());
        let errors = errors(&tokens);
        assert!(errors.iter().all(|message| !message.trim().is_empty()), "{input}: {errors:?}");
        // The compiler gives an attribute exactly one item. More than one is no use of an attribute.
        let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else { continue };
        if let Err(error) = syn::parse2::<syn::File>(output.clone()) {
            panic!("{input}: {error}:\n{output}");
        }
        let words = words(output.clone());
        assert!(contains_function(&words, &function.sig.ident, item), "{input}: the function is lost:\n{output}");
        let is_accepted = tokens.iter().any(|token| is_word(token, registration));
        assert_eq!(is_accepted, errors.is_empty(), "{input}: {errors:?}:\n{output}");
        if is_accepted {
            assert_eq!(lost_word(&words, args), None, "{input}: an argument is lost:\n{output}");
        }
        accepted += u64::from(is_accepted);
        refused += u64::from(!is_accepted);
    }
    assert!(accepted > SEEDS / 20 && refused > SEEDS / 10, "{accepted} are accepted, {refused} are refused");
}

#[test]
fn any_declaration_of_a_hook_keeps_its_function_and_every_error_has_a_message() {
    check(&HOOK_ARGS, "LinkedHook", |args, item| crate::expand_hook(args, item, "#[on_shutdown]"));
}

#[test]
fn any_declaration_of_main_keeps_its_function_and_every_error_has_a_message() {
    check(&MAIN_ARGS, "Settings", crate::main_fn::expand_main);
}

#[test]
fn a_duration_in_an_attribute_is_one_that_the_runtime_reads_as_well() {
    let (mut right, mut wrong) = (0, 0);
    for seed in seeds(20_000) {
        let text = Random::new(seed).corrupt_text(&DURATIONS);
        let literal = |text: &str| LitStr::new(text, Span::call_site());
        match parse_text("drain_delay", &literal(&text), Zero::Allowed) {
            Ok(duration) => {
                right += 1;
                assert_eq!(runtime_duration::parse(&text), Ok(duration), "{text:?}");
            }
            Err(message) => {
                wrong += 1;
                assert!(message.contains(": write "), "{text:?}: {message}");
                let example =
                    message.rsplit("`\"").next().and_then(|rest| rest.split("\"`").next()).unwrap_or_default();
                assert!(runtime_duration::parse(example).is_ok(), "{text:?}: {message}");
                // An operator's text may have a newline at its end, a literal should not.
                if text == text.trim() {
                    assert!(runtime_duration::parse(&text).is_err(), "{text:?}: {message}");
                }
            }
        }
    }
    assert!(right > 1000 && wrong > 1000, "{right} are right, {wrong} are wrong");
}
