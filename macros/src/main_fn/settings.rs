//! The settings of `#[on_shutdown::main]` come in as written; calls to the runtime's builder go out.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit, Path};

use super::signals;
use crate::args::{Args, Setting, Vocabulary};
use crate::duration::{self, Zero};
use crate::errors::Errors;
use crate::function::Function;
use crate::nearest::correction;

pub(crate) const WORDS: Vocabulary = Vocabulary {
    example: "grace_period = \"25s\"",
    settings: &[
        ("grace_period", "\"25s\""),
        ("drain_delay", "\"5s\""),
        ("signals", "[SIGTERM, SIGINT]"),
        ("flavor", "\"current_thread\""),
        ("worker_threads", "2"),
        ("escalate_on_any", "true"),
        ("signal_exit_code", "true"),
        ("handle_ignored_signals", "true"),
        ("quiet", "true"),
        ("settings", "my_settings()"),
        ("crate", "::on_shutdown"),
    ],
    bare_values: &[
        ("current_thread", "flavor = \"current_thread\""),
        ("multi_thread", "flavor = \"multi_thread\""),
        ("SIGTERM", "signals = [SIGTERM]"),
        ("SIGINT", "signals = [SIGINT]"),
    ],
};

const FLAVORS: [&str; 2] = ["multi_thread", "current_thread"];
const SWITCHES: [&str; 4] = ["escalate_on_any", "signal_exit_code", "handle_ignored_signals", "quiet"];

pub(crate) struct MainDeclaration {
    pub(crate) function: Function,
    pub(crate) runtime: Path,
    pub(crate) flavor: Flavor,
    /// What the calls start from, where it is not all defaults.
    pub(crate) base: Option<Expr>,
    /// Calls on the runtime's `Settings`, each with its leading dot.
    pub(crate) calls: Vec<TokenStream>,
}

pub(crate) enum Flavor {
    /// How many workers; tokio decides when none is written.
    MultiThread(Option<TokenStream>),
    CurrentThread,
}

impl MainDeclaration {
    pub(crate) fn settle(mut args: Args, function: Function, errors: &mut Errors) -> Self {
        let runtime = args.take_runtime(errors);
        let flavor = flavor(&mut args, function.signature.asyncness.is_some(), errors);
        let base = args.take("settings").map(|setting| setting.value);
        let mut calls = Vec::new();
        for (name, zero) in [("grace_period", Zero::Forbidden), ("drain_delay", Zero::Allowed)] {
            let Some(setting) = args.take(name) else { continue };
            calls.extend(
                duration::settle(&setting, zero, errors)
                    .map(|length| call(&setting, &constant(&quote!(::core::time::Duration), &length))),
            );
        }
        if let Some(setting) = args.take("signals") {
            calls.extend(signals::settle(&setting.value, &runtime, errors).map(|signals| call(&setting, &signals)));
        }
        for setting in SWITCHES.iter().filter_map(|name| args.take(name)) {
            calls.extend(switch(&setting, errors).map(|value| call(&setting, &value)));
        }
        function.check("`main`", errors);
        if let Some(first) = function.signature.inputs.first().filter(|_| !function.is_method()) {
            errors.at(first, "`main` has no parameters: write `fn main()` and take values from where they are made");
        }
        Self { function, runtime, flavor, base, calls }
    }
}

/// The setting's name is the method's, so that a type mismatch is shown inside the attribute.
fn call(setting: &Setting, argument: &TokenStream) -> TokenStream {
    let here = Span::mixed_site().located_at(setting.name.span());
    let method = Ident::new(&setting.name.to_string(), here);
    quote_spanned!(here=> .#method(#argument))
}

/// As an item, because `cargo check` leaves a `const { }` block of a function alone.
fn constant(kind: &TokenStream, value: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        { const __ON_SHUTDOWN_VALUE: #kind = #value; __ON_SHUTDOWN_VALUE }
    }
}

fn switch(setting: &Setting, errors: &mut Errors) -> Option<TokenStream> {
    match &setting.value {
        Expr::Lit(literal) if !matches!(literal.lit, Lit::Bool(_)) => {
            errors.at(literal, format!("`{0}` is on or off: write `{0} = true` or `{0} = false`", setting.name));
            None
        }
        value => Some(value.to_token_stream()),
    }
}

fn flavor(args: &mut Args, is_async: bool, errors: &mut Errors) -> Flavor {
    let (flavor, workers) = (args.take("flavor"), args.take("worker_threads"));
    if !is_async {
        for setting in [flavor, workers].into_iter().flatten() {
            let trouble =
                format!("`{}` is about an async runtime: write `async fn main`, or leave it out", setting.name);
            errors.at(setting.name, trouble);
        }
        return Flavor::CurrentThread;
    }
    let named = flavor.and_then(|setting| flavor_name(&setting.value, errors));
    let single = named.as_deref() == Some("current_thread");
    match workers {
        Some(setting) if single => {
            errors.at(
                setting.name,
                "a current-thread runtime has no workers: write `flavor = \"multi_thread\"`, or leave it out",
            );
            Flavor::CurrentThread
        }
        None if single => Flavor::CurrentThread,
        workers => Flavor::MultiThread(workers.and_then(|setting| worker_threads(&setting.value, errors))),
    }
}

fn flavor_name(value: &Expr, errors: &mut Errors) -> Option<String> {
    let (word, quoted) = match value {
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => (text.value(), true),
        other => (other.to_token_stream().to_string(), false),
    };
    match (FLAVORS.contains(&word.as_str()), quoted) {
        (true, true) => return Some(word),
        (true, false) => errors.at(value, format!("a flavor is a string, as in tokio: write `flavor = \"{word}\"`")),
        (false, _) => errors.at(value, format!("unknown flavor `{word}`: {}", correction(&word, &FLAVORS))),
    }
    None
}

fn worker_threads(value: &Expr, errors: &mut Errors) -> Option<TokenStream> {
    const ZERO: &str = "`worker_threads` is zero: write 1 or more, or leave it out for one per CPU";
    match value {
        Expr::Lit(syn::ExprLit { lit: Lit::Int(number), .. }) => {
            if number.base10_parse::<u64>().is_ok_and(|number| number > 0) {
                return Some(value.to_token_stream());
            }
            errors.at(value, ZERO);
            None
        }
        Expr::Lit(literal) => {
            errors.at(literal, "`worker_threads` is a whole number: write `worker_threads = 2`");
            None
        }
        written => {
            let here = Span::mixed_site().located_at(written.span());
            let checked =
                quote_spanned!(here=> { let threads: usize = #written; ::core::assert!(threads > 0, #ZERO); threads });
            Some(constant(&quote!(usize), &checked))
        }
    }
}
