//! The attribute as written and its function come in; the settled hook goes out, all defaults filled in.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Lit, Path};

use crate::args::{Args, Setting, Vocabulary};
use crate::duration::{self, Zero};
use crate::errors::{Errors, spelled};
use crate::function::{Function, Parameter};
use crate::nearest::correction;

pub(crate) const WORDS: Vocabulary = Vocabulary {
    example: "timeout = \"5s\"",
    settings: &[
        ("phase", "stop"),
        ("priority", "10"),
        ("timeout", "\"5s\""),
        ("after", "[other_hook]"),
        ("crate", "::on_shutdown"),
    ],
    bare_values: &[
        ("deregister", "phase = deregister"),
        ("drain", "phase = drain"),
        ("stop", "phase = stop"),
        ("flush", "phase = flush"),
        ("close", "phase = close"),
        ("finalize", "phase = finalize"),
    ],
};

const PHASES: [&str; 6] = ["deregister", "drain", "stop", "flush", "close", "finalize"];
const DEFAULT_PHASE: &str = "stop";

pub(crate) struct Declaration {
    pub(crate) function: Function,
    pub(crate) runtime: Path,
    /// The variant of the runtime's `Phase`.
    pub(crate) phase: Ident,
    /// An `i32` constant.
    pub(crate) priority: TokenStream,
    /// A `Duration` constant; `None` if no timeout is written.
    pub(crate) timeout: Option<TokenStream>,
    pub(crate) after: Vec<Path>,
    pub(crate) parameters: Vec<Parameter>,
}

impl Declaration {
    /// A mistake leaves its default behind, so that the mistakes after it are found too.
    pub(crate) fn settle(mut args: Args, function: Function, errors: &mut Errors) -> Self {
        let runtime = args.take_runtime(errors);
        let phase = args.take("phase").and_then(|setting| phase(&setting.value, errors));
        let priority = args.take("priority").and_then(|setting| priority(setting, errors));
        let timeout = args.take("timeout").and_then(|setting| duration::settle(&setting, Zero::Forbidden, errors));
        let after = args.take("after").map(|setting| after(setting.value, errors));
        function.check("a hook", errors);
        check_role(&function, errors);
        Self {
            runtime,
            phase: phase.unwrap_or_else(|| variant(DEFAULT_PHASE, Span::mixed_site())),
            priority: priority.unwrap_or_else(|| quote_spanned!(Span::mixed_site()=> 0)),
            timeout,
            after: after.unwrap_or_default(),
            parameters: function.parameters(errors),
            function,
        }
    }
}

fn check_role(function: &Function, errors: &mut Errors) {
    if function.is_main() {
        errors.at(&function.signature.ident, "`main` is not a hook: write `#[on_shutdown::main]` on it");
    }
    if let Some(output @ syn::Type::Never(_)) = function.output() {
        errors.at(output, "a hook has to end: let it return `()` or a `Result`");
    }
}

fn phase(value: &Expr, errors: &mut Errors) -> Option<Ident> {
    let (word, quoted) = match value {
        Expr::Path(path) => (path.path.segments.last()?.ident.to_string(), false),
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => (text.value(), true),
        other => (other.to_token_stream().to_string(), false),
    };
    let alone = matches!(value, Expr::Path(path) if path.path.get_ident().is_some());
    let small = word.to_lowercase();
    let known = PHASES.contains(&small.as_str());
    if known && alone && word == small {
        return Some(variant(&word, syn::spanned::Spanned::span(value)));
    }
    if known {
        let trouble = if quoted { "a phase is not a string" } else { "a phase is one word in small letters" };
        errors.at(value, format!("{trouble}: write `phase = {small}`"));
    } else {
        errors.at(value, format!("unknown phase `{word}`: {}", correction(&word, &PHASES)));
    }
    None
}

/// `stop` is `Phase::Stop` to the runtime.
fn variant(phase: &str, here: Span) -> Ident {
    let mut letters = phase.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let name: String = first.into_iter().chain(letters).collect();
    Ident::new(&name, Span::mixed_site().located_at(here))
}

fn priority(setting: Setting, errors: &mut Errors) -> Option<TokenStream> {
    match &setting.value {
        Expr::Lit(literal) if !matches!(literal.lit, Lit::Int(_)) => {
            let number = match &literal.lit {
                Lit::Str(text) if text.value().parse::<i32>().is_ok() => text.value(),
                _ => "10".to_owned(),
            };
            errors.at(
                literal,
                format!("a priority is a whole number, and higher runs first: write `priority = {number}`"),
            );
            None
        }
        value => Some(value.to_token_stream()),
    }
}

fn after(value: Expr, errors: &mut Errors) -> Vec<Path> {
    let Expr::Array(list) = value else {
        let inside = match &value {
            Expr::Path(path) => spelled(path),
            _ => "other_hook".to_owned(),
        };
        errors.at(value, format!("`after` takes a list of hooks: write `after = [{inside}]`"));
        return Vec::new();
    };
    list.elems.into_iter().filter_map(|element| other_hook(element, errors)).collect()
}

fn other_hook(element: Expr, errors: &mut Errors) -> Option<Path> {
    match element {
        Expr::Path(path) if path.qself.is_none() => Some(path.path),
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => {
            errors.at(&text, format!("`after` takes a path, not a string: write `{}`", text.value()));
            None
        }
        other => {
            errors.at(
                other,
                "`after` takes paths of functions that carry `#[on_shutdown]`: write `after = [other_hook]`",
            );
            None
        }
    }
}
