//! Expands `#[on_shutdown::main]` into a sync `main` that passes the user's function to the runtime.

mod declaration;
mod expand;
mod other_runtime;
mod signals;

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::errors::Errors;
use crate::function::Function;
use declaration::MainDeclaration;

pub(crate) fn expand_main(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &declaration::VOCABULARY, &mut errors);
    let Some(mut function) = Function::parse(item.clone(), "#[on_shutdown::main]", &mut errors) else {
        return [item, errors.to_tokens()].into_iter().collect();
    };
    other_runtime::reject(&mut function, &mut errors);
    let main = MainDeclaration::new(args, function, &mut errors);
    if errors.is_empty() {
        return expand::expand(&main);
    }
    let function = if main.function.is_method() { item } else { without_runtime(&main.function) };
    [function, errors.to_tokens()].into_iter().collect()
}

/// Expands a `main` with mistakes into a sync function, so that the compiler checks the body and does not report
/// `async fn main` as well.
pub(crate) fn without_runtime(function: &Function) -> TokenStream {
    expand::outer(function, &quote::quote!(()), &TokenStream::new())
}
