//! Turns the list in `signals = [..]` into an array of the runtime's signals.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, Lit, LitInt, Path};

use crate::args::without_group;
use crate::errors::{Errors, source_text};

/// The kernel does not let a program handle these signals.
const UNCATCHABLE: [&str; 2] = ["SIGKILL", "SIGSTOP"];
/// The number of SIGKILL is the same on every platform. The runtime checks the other numbers at install.
const SIGKILL: u32 = 9;

pub(crate) fn array(value: &Expr, runtime: &Path, errors: &mut Errors) -> Option<TokenStream> {
    let Expr::Array(list) = value else {
        let inside = match value {
            Expr::Path(path) => source_text(path),
            _ => "SIGTERM, SIGINT".to_owned(),
        };
        errors.push_at(value, format!("`signals` takes a list: write `signals = [{inside}]`"));
        return None;
    };
    let elements = list.elems.iter().cloned().map(without_group);
    let signals: Vec<TokenStream> = elements.filter_map(|element| signal(&element, runtime, errors)).collect();
    Some(quote_spanned!(Span::mixed_site().located_at(value.span())=> [#(#signals),*]))
}

fn signal(element: &Expr, runtime: &Path, errors: &mut Errors) -> Option<TokenStream> {
    match element {
        Expr::Path(path) => signal_by_name(element, path.path.get_ident(), runtime, errors),
        Expr::Lit(syn::ExprLit { lit: Lit::Int(number), .. }) => signal_by_number(number, runtime, errors),
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => {
            errors.push_at(text, format!("a signal is not a string: write `{}`", full_name(&text.value())));
            None
        }
        other => {
            errors.push_at(other, "a signal is a name or a number: write `SIGTERM`, or `37` for one without a name");
            None
        }
    }
}

fn signal_by_name(element: &Expr, name: Option<&Ident>, runtime: &Path, errors: &mut Errors) -> Option<TokenStream> {
    let Some(name) = name else {
        errors.push_at(element, "a signal is a single word: write `SIGTERM`");
        return None;
    };
    let written = name.to_string();
    if UNCATCHABLE.contains(&full_name(&written).as_str()) {
        errors.push_at(name, uncatchable(&written));
        return None;
    }
    if written != full_name(&written) {
        errors.push_at(name, format!("unknown signal `{written}`: write `{}`", full_name(&written)));
        return None;
    }
    let span = Span::mixed_site().located_at(name.span());
    Some(quote_spanned!(span=> #runtime::Signal::#name))
}

fn signal_by_number(number: &LitInt, runtime: &Path, errors: &mut Errors) -> Option<TokenStream> {
    match number.base10_parse::<u32>() {
        Ok(0) => errors.push_at(number, "0 is not a signal: write a name such as `SIGTERM`, or a number from 1 up"),
        Ok(SIGKILL) => errors.push_at(number, uncatchable("SIGKILL")),
        Ok(_) => {
            let span = Span::mixed_site().located_at(number.span());
            return Some(quote_spanned!(span=> #runtime::Signal::from_raw(#number)));
        }
        Err(error) => errors.push(error),
    }
    None
}

fn uncatchable(signal: &str) -> String {
    format!("no program can catch `{signal}`: write a signal that can be caught, such as `SIGTERM`")
}

/// Returns `SIGTERM` for `term` and `TERM`, which `kill` accepts.
fn full_name(word: &str) -> String {
    let upper = word.to_uppercase();
    if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") }
}
