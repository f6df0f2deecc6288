//! `#[on_shutdown::main(..)]` and its function come in; a sync `main` that hands both to the runtime goes out.

mod expand;
mod settings;
mod signals;

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::errors::Errors;
use crate::function::Function;
use settings::MainDeclaration;

pub(crate) fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &settings::WORDS, &mut errors);
    let Some(function) = Function::parse(item.clone(), "#[on_shutdown::main]", &mut errors) else {
        return [item, errors.to_tokens()].into_iter().collect();
    };
    let main = MainDeclaration::settle(args, function, &mut errors);
    if errors.is_empty() {
        return expand::expand(&main);
    }
    let function = if main.function.is_method() { item } else { unused(&main.function) };
    [function, errors.to_tokens()].into_iter().collect()
}

/// What is left of a `main` with mistakes: its body is checked, and `async fn main` is not one mistake more.
pub(crate) fn unused(function: &Function) -> TokenStream {
    expand::outer(function, &quote::quote!(()), &TokenStream::new())
}
