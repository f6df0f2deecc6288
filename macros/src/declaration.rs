//! Checks the settings and the function of a hook, and fills in the defaults.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Lit, Path};

use crate::args::{Args, Setting, Vocabulary, without_group};
use crate::duration::{self, Zero};
use crate::errors::{Errors, source_text};
use crate::function::{Function, Parameter};
use crate::suggest::suggest;

pub(crate) const VOCABULARY: Vocabulary = Vocabulary {
    example: "timeout = \"5s\"",
    settings: &[
        ("phase", "stop"),
        ("priority", "10"),
        ("timeout", "\"5s\""),
        ("after", "[other_hook]"),
        ("crate", "::on_shutdown"),
    ],
    renamed: &[],
    bare_values: &[
        ("deregister", "phase = deregister"),
        ("announce", "phase = deregister"),
        ("drain", "phase = drain"),
        ("stop", "phase = stop"),
        ("flush", "phase = flush"),
        ("close", "phase = close"),
        ("finalize", "phase = finalize"),
    ],
};

const PHASES: [&str; 6] = ["deregister", "drain", "stop", "flush", "close", "finalize"];
const RENAMED_PHASES: [(&str, &str); 1] = [("announce", "deregister")];
const DEFAULT_PHASE: &str = "stop";

/// A hook with all its settings; nothing is left to check.
pub(crate) struct Declaration {
    pub(crate) function: Function,
    pub(crate) runtime: Path,
    /// A variant of the runtime's `Phase`.
    pub(crate) phase: Ident,
    /// A constant expression of type `i32`.
    pub(crate) priority: TokenStream,
    /// A constant expression of type `Duration`. `None` if the attribute has no `timeout`.
    pub(crate) timeout: Option<TokenStream>,
    pub(crate) after: Vec<Path>,
    pub(crate) parameters: Vec<Parameter>,
}

impl Declaration {
    /// Replaces an invalid setting by its default, so that the remaining settings are still checked.
    pub(crate) fn new(mut args: Args, function: Function, errors: &mut Errors) -> Self {
        let runtime = args.take_runtime(errors);
        let phase = args.take("phase").and_then(|setting| phase_variant(&setting.value, errors));
        let priority = args.take("priority").and_then(|setting| priority(&setting, errors));
        let timeout = args.take("timeout").and_then(|setting| duration::expression(&setting, Zero::Forbidden, errors));
        let after = args.take("after").map(|setting| after_paths(setting.value, errors));
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
        errors.push_at(&function.signature.ident, "`main` is not a hook: write `#[on_shutdown::main]` on it");
    }
    if let Some(output @ syn::Type::Never(_)) = function.output() {
        errors.push_at(output, "a hook must return: write `()` or a `Result`");
    }
}

fn phase_variant(value: &Expr, errors: &mut Errors) -> Option<Ident> {
    let (written, is_string) = match value {
        Expr::Path(path) => (path.path.segments.last()?.ident.to_string(), false),
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => (text.value(), true),
        other => (source_text(other), false),
    };
    let is_one_word = matches!(value, Expr::Path(path) if path.path.get_ident().is_some());
    let lower_case = written.to_lowercase();
    if !PHASES.contains(&lower_case.as_str()) {
        let instead = suggest(&lower_case, &PHASES, &RENAMED_PHASES);
        errors.push_at(value, format!("unknown phase `{written}`: {instead}"));
        return None;
    }
    if is_one_word && written == lower_case {
        return Some(variant(&written, syn::spanned::Spanned::span(value)));
    }
    let problem = if is_string { "a phase is not a string" } else { "a phase is one word in small letters" };
    errors.push_at(value, format!("{problem}: write `phase = {lower_case}`"));
    None
}

/// Turns `stop` into the identifier `Stop` of the runtime's `Phase::Stop`.
fn variant(phase: &str, location: Span) -> Ident {
    let mut letters = phase.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let name: String = first.into_iter().chain(letters).collect();
    Ident::new(&name, Span::mixed_site().located_at(location))
}

fn priority(setting: &Setting, errors: &mut Errors) -> Option<TokenStream> {
    match &setting.value {
        Expr::Lit(literal) if !matches!(literal.lit, Lit::Int(_)) => {
            let number = match &literal.lit {
                Lit::Str(text) if text.value().parse::<i32>().is_ok() => text.value(),
                _ => "10".to_owned(),
            };
            let message = format!("a priority is a whole number, and higher runs first: write `priority = {number}`");
            errors.push_at(literal, message);
            None
        }
        value => Some(value.to_token_stream()),
    }
}

fn after_paths(value: Expr, errors: &mut Errors) -> Vec<Path> {
    let Expr::Array(list) = value else {
        let inside = match &value {
            Expr::Path(path) => source_text(path),
            _ => "other_hook".to_owned(),
        };
        errors.push_at(value, format!("`after` takes a list of hooks: write `after = [{inside}]`"));
        return Vec::new();
    };
    list.elems.into_iter().filter_map(|element| after_path(without_group(element), errors)).collect()
}

fn after_path(element: Expr, errors: &mut Errors) -> Option<Path> {
    match element {
        Expr::Path(path) if path.qself.is_none() => return Some(path.path),
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => {
            errors.push_at(&text, format!("`after` takes a path, not a string: write `{}`", text.value()));
        }
        other => {
            let message = "`after` takes paths of functions that carry `#[on_shutdown]`: write `after = [other_hook]`";
            errors.push_at(other, message);
        }
    }
    None
}
