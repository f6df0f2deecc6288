//! Rejects a second attribute that starts an async runtime, such as `#[tokio::main]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Meta};

use crate::errors::{Errors, source_text};
use crate::function::Function;

/// A literal in the code that `#[tokio::main]` writes. An attribute above ours has run before ours, so only its output
/// can be recognized.
const TOKIO_MESSAGE: &str = "\"Failed building the Runtime\"";

/// Removes the other attribute from the function, so that it adds no errors of its own.
pub(crate) fn reject(function: &mut Function, errors: &mut Errors) {
    for attribute in function.attributes.iter().filter(|attribute| starts_runtime(attribute)) {
        errors.push_at(attribute, message(&source_text(attribute.path()), has_arguments(attribute)));
    }
    function.attributes.retain(|attribute| !starts_runtime(attribute));
    if function.signature.asyncness.is_none() && is_tokio_output(&function.body) {
        errors.push_at(&function.signature.ident, message("tokio::main", false));
    }
}

/// Returns whether the attribute is named like `tokio::main`, `async_std::main` or `actix_web::main`.
fn starts_runtime(attribute: &Attribute) -> bool {
    let segments = &attribute.path().segments;
    segments.len() > 1 && segments.last().is_some_and(|last| last.ident == "main")
}

fn has_arguments(attribute: &Attribute) -> bool {
    !matches!(attribute.meta, Meta::Path(_))
}

fn message(attribute: &str, has_arguments: bool) -> String {
    let settings = if has_arguments { ", and write its arguments in `#[on_shutdown::main(..)]`" } else { "" };
    format!("`#[on_shutdown::main]` starts the async runtime of `main`: remove `#[{attribute}]`{settings}")
}

/// Returns whether the body is an `async` block that tokio's code runs: `let body = async ..; .. {"Failed ..."}`.
fn is_tokio_output(body: &TokenStream) -> bool {
    let Some(TokenTree::Group(block)) = body.clone().into_iter().next() else { return false };
    let start: Vec<String> = block.stream().into_iter().take(4).map(|token| token.to_string()).collect();
    start == ["let", "body", "=", "async"] && contains_literal(block.stream(), TOKIO_MESSAGE)
}

fn contains_literal(tokens: impl ToTokens, text: &str) -> bool {
    tokens.into_token_stream().into_iter().any(|token| match token {
        TokenTree::Literal(literal) => literal.to_string() == text,
        TokenTree::Group(group) => contains_literal(group.stream(), text),
        TokenTree::Ident(_) | TokenTree::Punct(_) => false,
    })
}
