//! Checks the settings of `#[on_shutdown::main]` and turns them into calls on the runtime's `Settings`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit, Path};

use super::signals;
use crate::args::{Args, Setting, Vocabulary};
use crate::duration::{self, Zero};
use crate::errors::{Errors, source_text};
use crate::function::Function;
use crate::suggest::suggest;

pub(crate) const VOCABULARY: Vocabulary = Vocabulary {
    example: "grace_period = \"25s\"",
    settings: &[
        ("grace_period", "\"25s\""),
        ("drain_delay", "\"5s\""),
        ("min_drain_time", "\"10s\""),
        ("max_drain_time", "\"20s\""),
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
    renamed: &[("conventional", "signal_exit_code"), ("override_ignored", "handle_ignored_signals")],
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
    /// The `Settings` that the calls start from. `None` means all defaults.
    pub(crate) base: Option<Expr>,
    /// Calls on the runtime's `Settings`, each with its leading dot.
    pub(crate) calls: Vec<TokenStream>,
}

pub(crate) enum Flavor {
    /// The number of worker threads. `None` means that tokio decides.
    MultiThread(Option<TokenStream>),
    CurrentThread,
}

impl MainDeclaration {
    pub(crate) fn new(mut args: Args, function: Function, errors: &mut Errors) -> Self {
        let runtime = args.take_runtime(errors);
        let flavor = flavor(&mut args, function.signature.asyncness.is_some(), errors);
        let base = args.take("settings").map(|setting| setting.value);
        let mut calls = Vec::new();
        for (name, zero) in [
            ("grace_period", Zero::Forbidden),
            ("drain_delay", Zero::Allowed),
            ("min_drain_time", Zero::Allowed),
            ("max_drain_time", Zero::Forbidden),
        ] {
            let Some(setting) = args.take(name) else { continue };
            let duration = duration::expression(&setting, zero, errors);
            calls.extend(duration.map(|value| call(&setting, &constant(&quote!(::core::time::Duration), &value))));
        }
        if let Some(setting) = args.take("signals") {
            calls.extend(signals::array(&setting.value, &runtime, errors).map(|signals| call(&setting, &signals)));
        }
        for setting in SWITCHES.iter().filter_map(|name| args.take(name)) {
            calls.extend(switch(&setting, errors).map(|value| call(&setting, &value)));
        }
        function.check("`main`", errors);
        if let Some(first) = function.signature.inputs.first().filter(|_| !function.is_method()) {
            errors.push_at(first, "`main` cannot have parameters: write `main()`");
        }
        Self { function, runtime, flavor, base, calls }
    }
}

/// Writes a call of the method with the setting's name and span: the compiler reports a wrong type at the setting.
fn call(setting: &Setting, argument: &TokenStream) -> TokenStream {
    let span = Span::mixed_site().located_at(setting.name.span());
    let method = Ident::new(&setting.name.to_string(), span);
    quote_spanned!(span=> .#method(#argument))
}

/// Writes a `const` item, because `cargo check` does not evaluate a `const { }` block in a function.
fn constant(value_type: &TokenStream, value: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        { const __ON_SHUTDOWN_VALUE: #value_type = #value; __ON_SHUTDOWN_VALUE }
    }
}

fn switch(setting: &Setting, errors: &mut Errors) -> Option<TokenStream> {
    match &setting.value {
        Expr::Lit(literal) if !matches!(literal.lit, Lit::Bool(_)) => {
            errors.push_at(literal, format!("`{0}` is on or off: write `{0} = true` or `{0} = false`", setting.name));
            None
        }
        value => Some(value.to_token_stream()),
    }
}

fn flavor(args: &mut Args, is_async: bool, errors: &mut Errors) -> Flavor {
    let (flavor, workers) = (args.take("flavor"), args.take("worker_threads"));
    if !is_async {
        for setting in [flavor, workers].into_iter().flatten() {
            let message = format!("`{}` needs an async runtime: write `async fn main`, or leave it out", setting.name);
            errors.push_at(setting.name, message);
        }
        return Flavor::CurrentThread;
    }
    let name = flavor.and_then(|setting| flavor_name(&setting.value, errors));
    let is_current_thread = name.as_deref() == Some("current_thread");
    match workers {
        Some(setting) if is_current_thread => {
            errors.push_at(
                setting.name,
                "a current-thread runtime has no workers: write `flavor = \"multi_thread\"`, or leave it out",
            );
            Flavor::CurrentThread
        }
        None if is_current_thread => Flavor::CurrentThread,
        workers => Flavor::MultiThread(workers.and_then(|setting| worker_threads(&setting.value, errors))),
    }
}

fn flavor_name(value: &Expr, errors: &mut Errors) -> Option<String> {
    let (written, is_string) = match value {
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => (text.value(), true),
        other => (source_text(other), false),
    };
    match (FLAVORS.contains(&written.as_str()), is_string) {
        (true, true) => return Some(written),
        (true, false) => errors.push_at(value, format!("a flavor is a string: write `flavor = \"{written}\"`")),
        (false, _) => {
            errors.push_at(value, format!("unknown flavor `{written}`: {}", suggest(&written, &FLAVORS, &[])))
        }
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
            errors.push_at(value, ZERO);
            None
        }
        Expr::Lit(literal) => {
            errors.push_at(literal, "`worker_threads` is a whole number: write `worker_threads = 2`");
            None
        }
        written => {
            let span = Span::mixed_site().located_at(written.span());
            let checked =
                quote_spanned!(span=> { let threads: usize = #written; ::core::assert!(threads > 0, #ZERO); threads });
            Some(constant(&quote!(usize), &checked))
        }
    }
}
