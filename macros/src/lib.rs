//! Implements the attributes of the crate `on-shutdown`: `#[on_shutdown]`, `#[on_shutdown::hook]` and
//! `#[on_shutdown::main]`.
//!
//! Depend on `on-shutdown`, which re-exports the attributes. Do not depend on this crate.

#[cfg(test)]
mod arbitrary_tests;
mod args;
mod declaration;
mod duration;
mod errors;
mod expand;
mod function;
mod main_fn;
mod suggest;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

use args::Args;
use declaration::Declaration;
use errors::Errors;
use function::Function;

// `on-shutdown` compiles and runs the examples in these files. This crate cannot: it would have to depend on
// `on-shutdown`, which depends on it.
#[doc = include_str!("../docs/on_shutdown.md")]
#[proc_macro_attribute]
pub fn on_shutdown(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_hook(args.into(), item.into(), "#[on_shutdown]").into()
}

#[doc = include_str!("../docs/hook.md")]
#[proc_macro_attribute]
pub fn hook(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_hook(args.into(), item.into(), "#[on_shutdown::hook]").into()
}

#[doc = include_str!("../docs/main.md")]
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::expand_main(args.into(), item.into()).into()
}

/// Always emits the user's function, so that its callers cause no further errors.
fn expand_hook(args: Tokens, item: Tokens, attribute: &str) -> Tokens {
    let mut errors = Errors::default();
    let args = Args::parse(args, &declaration::VOCABULARY, &mut errors);
    let Some(function) = Function::parse(item.clone(), attribute, &mut errors) else {
        return [item, errors.to_tokens()].into_iter().collect();
    };
    let hook = Declaration::new(args, function, &mut errors);
    if errors.is_empty() {
        return [expand::allow_ptr_arg(&hook), item, expand::expand(&hook)].into_iter().collect();
    }
    let mut output = if hook.function.is_method() {
        item
    } else if hook.function.is_main() {
        main_fn::without_runtime(&hook.function)
    } else {
        [item, expand::expand_marker(&hook)].into_iter().collect()
    };
    output.extend(errors.to_tokens());
    output
}
