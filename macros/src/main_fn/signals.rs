//! The list in `signals = [..]` comes in; an array of the runtime's signals goes out.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit, LitInt, Path};

use crate::errors::Errors;

/// The kernel keeps these two for itself.
const UNCATCHABLE: [&str; 2] = ["SIGKILL", "SIGSTOP"];
/// Of their numbers, the one that is the same on every platform. The runtime knows the rest at install.
const SIGKILL: u32 = 9;

pub(crate) fn settle(value: &Expr, runtime: &Path, errors: &mut Errors) -> Option<TokenStream> {
    let Expr::Array(list) = value else {
        let inside = match value {
            Expr::Path(path) => path.to_token_stream().to_string(),
            _ => "SIGTERM, SIGINT".to_owned(),
        };
        errors.at(value, format!("`signals` takes a list: write `signals = [{inside}]`"));
        return None;
    };
    let signals: Vec<TokenStream> = list.elems.iter().filter_map(|element| signal(element, runtime, errors)).collect();
    Some(quote_spanned!(Span::mixed_site().located_at(value.span())=> [#(#signals),*]))
}

fn signal(element: &Expr, runtime: &Path, errors: &mut Errors) -> Option<TokenStream> {
    match element {
        Expr::Path(path) => named(element, path.path.get_ident(), runtime, errors),
        Expr::Lit(syn::ExprLit { lit: Lit::Int(number), .. }) => numbered(number, runtime, errors),
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => {
            errors.at(text, format!("a signal is not a string: write `{}`", full_name(&text.value())));
            None
        }
        other => {
            errors.at(other, "a signal is a name or a number: write `SIGTERM`, or `37` for one without a name");
            None
        }
    }
}

fn named(element: &Expr, name: Option<&Ident>, runtime: &Path, errors: &mut Errors) -> Option<TokenStream> {
    let Some(name) = name else {
        errors.at(element, "a signal is a single word: write `SIGTERM`");
        return None;
    };
    let word = name.to_string();
    if UNCATCHABLE.contains(&full_name(&word).as_str()) {
        errors.at(name, uncatchable(&word));
        return None;
    }
    if word != full_name(&word) {
        errors.at(name, format!("unknown signal `{word}`: write `{}`", full_name(&word)));
        return None;
    }
    let here = Span::mixed_site().located_at(name.span());
    Some(quote_spanned!(here=> #runtime::Signal::#name))
}

fn numbered(number: &LitInt, runtime: &Path, errors: &mut Errors) -> Option<TokenStream> {
    match number.base10_parse::<u32>() {
        Ok(0) => errors.at(number, "0 is not a signal: write a name such as `SIGTERM`, or a number from 1 up"),
        Ok(SIGKILL) => errors.at(number, uncatchable("SIGKILL")),
        Ok(_) => {
            let here = Span::mixed_site().located_at(number.span());
            return Some(quote_spanned!(here=> #runtime::Signal::from_raw(#number)));
        }
        Err(error) => errors.push(error),
    }
    None
}

fn uncatchable(signal: &str) -> String {
    format!("no program can catch `{signal}`: write a signal that can be caught, such as `SIGTERM`")
}

/// `term` and `TERM`, as `kill` knows them, are `SIGTERM` here.
fn full_name(word: &str) -> String {
    let upper = word.to_uppercase();
    if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") }
}
