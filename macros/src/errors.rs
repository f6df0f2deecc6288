//! Collects the mistakes in one attribute, so that the compiler reports all of them at once.

use std::fmt::Display;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds an error whose span reaches from the first to the last of `tokens`.
    pub(crate) fn push_at(&mut self, tokens: impl ToTokens, message: impl Display) {
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

/// Returns the tokens as a person writes them: `&Vec<String>`. Their own `Display` prints `& Vec < String >`.
pub(crate) fn source_text(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    for token in tokens.into_token_stream() {
        let word = match &token {
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::None => source_text(group.stream()),
            other => other.to_string(),
        };
        let is_word_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
        if text.ends_with(',') || (text.ends_with(is_word_letter) && word.starts_with(is_word_letter)) {
            text.push(' ');
        }
        text.push_str(&word);
    }
    text
}
