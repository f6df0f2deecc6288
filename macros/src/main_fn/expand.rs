//! Writes the sync `main` that passes the user's function to the runtime.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::declaration::{Flavor, MainDeclaration};
use crate::function::Function;

pub(crate) fn expand(main: &MainDeclaration) -> TokenStream {
    let MainDeclaration { function, runtime, base, calls, .. } = main;
    let base = match base {
        Some(written) => quote_spanned!(written.span()=> { let settings: #runtime::Settings = #written; settings }),
        None => quote_spanned!(Span::mixed_site()=> #runtime::Settings::new()),
    };
    let settings = quote_spanned! {Span::mixed_site()=>
        #runtime::private::with_version(#base #(#calls)*, ::core::option_env!("CARGO_PKG_VERSION"))
    };
    let (never_wrapper, entry) = entry_function(function);
    let output = output_type(function);
    // The function is named twice, because clippy's `single_call_fn` reports a function that is named once.
    let name = &function.signature.ident;
    let second_use = quote_spanned!(Span::mixed_site()=> let _ = #name;);
    let start = if function.signature.asyncness.is_some() {
        let flavor = flavor(main);
        quote_spanned! {Span::mixed_site()=>
            #runtime::private::main_async::<_, _, #output>(#settings, #flavor, #entry)
        }
    } else {
        quote_spanned!(Span::mixed_site()=> #runtime::Settings::run::<_, #output>(#settings, #entry))
    };
    outer(
        function,
        &quote_spanned!(Span::mixed_site()=> ::std::process::ExitCode),
        &quote!(#never_wrapper #second_use #start),
    )
}

/// Writes the user's function, unchanged, inside a sync function of the same name.
pub(crate) fn outer(function: &Function, output: &TokenStream, rest: &TokenStream) -> TokenStream {
    let Function { attributes, visibility, signature, body } = function;
    let name = &signature.ident;
    quote_spanned! {Span::mixed_site()=>
        #(#attributes)*
        #visibility fn #name() -> #output {
            #signature #body
            #rest
        }
    }
}

/// Returns the type that the runtime sees. Stable Rust cannot name `!` there, so `Infallible` replaces it.
fn output_type(function: &Function) -> TokenStream {
    match function.output() {
        Some(Type::Never(_)) => quote_spanned!(Span::mixed_site()=> ::core::convert::Infallible),
        Some(output) => quote!(#output),
        None => quote_spanned!(Span::mixed_site()=> ()),
    }
}

/// Returns a wrapper for a function that returns `!`, and the name of the function that the runtime calls.
fn entry_function(function: &Function) -> (TokenStream, TokenStream) {
    let name = &function.signature.ident;
    let is_async = function.signature.asyncness;
    let await_call = is_async.map(|_| quote_spanned!(Span::mixed_site()=> .await));
    if !matches!(function.output(), Some(Type::Never(_))) {
        return (TokenStream::new(), quote!(#name));
    }
    let never_wrapper = quote_spanned! {Span::mixed_site()=>
        #is_async fn __on_shutdown_never() -> ::core::convert::Infallible { #name()#await_call }
    };
    (never_wrapper, quote_spanned!(Span::mixed_site()=> __on_shutdown_never))
}

fn flavor(main: &MainDeclaration) -> TokenStream {
    let runtime = &main.runtime;
    match &main.flavor {
        Flavor::CurrentThread => quote_spanned!(Span::mixed_site()=> #runtime::private::Flavor::CurrentThread),
        Flavor::MultiThread(None) => quote_spanned! {Span::mixed_site()=>
            #runtime::private::Flavor::MultiThread { worker_threads: ::core::option::Option::None }
        },
        Flavor::MultiThread(Some(threads)) => quote_spanned! {Span::mixed_site()=>
            #runtime::private::Flavor::MultiThread { worker_threads: ::core::option::Option::Some(#threads) }
        },
    }
}
