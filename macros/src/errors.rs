//! Mistakes come in one by one, each with the tokens it is about; compiler errors go out, all at once.

use std::fmt::Display;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Says `message` at `tokens`, from the first to the last of them.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn to_tokens(&self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }
}

/// Tokens as a person writes them: `&Vec<String>`, where their own `Display` has `& Vec < String >`.
pub(crate) fn spelled(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    for token in tokens.into_token_stream() {
        let word = match &token {
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::None => spelled(group.stream()),
            other => other.to_string(),
        };
        let letter = |letter: char| letter.is_alphanumeric() || letter == '_';
        if text.ends_with(',') || (text.ends_with(letter) && word.starts_with(letter)) {
            text.push(' ');
        }
        text.push_str(&word);
    }
    text
}
