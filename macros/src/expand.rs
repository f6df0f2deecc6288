//! Writes the items that register a hook. Only this file and `main_fn/expand.rs` name items of the runtime.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

use crate::declaration::Declaration;

/// Lints of the user's crate ignore tokens with this span, because the compiler attributes them to the macro.
fn macro_span() -> Span {
    Span::mixed_site()
}

/// Gives `tokens` the macro's span; errors still point to the place where the user wrote them.
fn with_macro_span(tokens: impl ToTokens) -> TokenStream {
    map_spans(tokens.into_token_stream(), &|span| macro_span().located_at(span))
}

/// Makes errors in `tokens` point to `location`. Names in `tokens` are resolved as before.
fn relocate(tokens: impl ToTokens, location: Span) -> TokenStream {
    map_spans(tokens.into_token_stream(), &|span| span.located_at(location))
}

fn map_spans(tokens: TokenStream, map: &dyn Fn(Span) -> Span) -> TokenStream {
    let map_token = |token: TokenTree| {
        let span = map(token.span());
        let mut token = match token {
            TokenTree::Group(group) => TokenTree::Group(Group::new(group.delimiter(), map_spans(group.stream(), map))),
            other => other,
        };
        token.set_span(span);
        token
    };
    tokens.into_iter().map(map_token).collect()
}

pub(crate) fn expand(hook: &Declaration) -> TokenStream {
    let (runtime, hook_static, run_function) = (&hook.runtime, hook_static(hook), run_function(hook));
    let registration = quote_spanned! {macro_span()=>
        #hook_static
        #run_function
        #runtime::private::submit! { #runtime::private::LinkedHook(&__ON_SHUTDOWN_HOOK) }
        &__ON_SHUTDOWN_HOOK
    };
    marker(hook, &registration)
}

/// Allows `clippy::ptr_arg` where the lint would suggest `&str` for `&String`: a hook's parameter needs a sized type.
pub(crate) fn allow_ptr_arg(hook: &Declaration) -> TokenStream {
    let references = hook.parameters.iter().filter(|parameter| parameter.by_reference);
    let linted = references.filter_map(|parameter| match &parameter.value {
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    });
    let mut linted = linted.filter(|last| ["String", "Vec", "PathBuf"].iter().any(|name| last.ident == name));
    match linted.next() {
        Some(_) => quote_spanned!(macro_span()=> #[allow(clippy::ptr_arg)]),
        None => TokenStream::new(),
    }
}

/// Expands a hook with mistakes: its marker is there, so that an `after` that names the hook causes no second error.
pub(crate) fn expand_marker(hook: &Declaration) -> TokenStream {
    marker(hook, &quote_spanned!(macro_span()=> loop {}))
}

/// Writes an enum with the function's name. `after = [path]` finds the hook through this enum, also through `use`.
///
/// All other items are inside the `impl`. In an `impl` of the user, where the macro cannot add items, the compiler then
/// reports two errors and no consequences of them.
fn marker(hook: &Declaration, body: &TokenStream) -> TokenStream {
    let runtime = &hook.runtime;
    let (enum_cfgs, impl_cfgs) = (hook.function.cfgs(), hook.function.cfgs());
    let visibility = with_macro_span(&hook.function.visibility);
    let name = with_macro_span(&hook.function.signature.ident);
    let span = macro_span().located_at(hook.function.signature.ident.span());
    quote_spanned! {span=>
        #(#enum_cfgs)*
        #[doc(hidden)]
        #[non_exhaustive]
        #visibility enum #name {}

        #(#impl_cfgs)*
        #[automatically_derived]
        impl #runtime::private::HookMarker for #name {
            fn hook() -> &'static #runtime::private::HookRecord {
                #body
            }
        }
    }
}

fn hook_static(hook: &Declaration) -> TokenStream {
    let Declaration { function, runtime, phase, priority, timeout, after, .. } = hook;
    let name = function.name();
    // `line!` returns the line of its own tokens. This span is the function's name, not the attribute above it.
    let name_span = function.signature.ident.span();
    let line = quote_spanned!(name_span=> ::core::line!());
    let timeout_is_default = timeout.is_none();
    let timeout = timeout.clone().unwrap_or_else(|| quote_spanned!(macro_span()=> #runtime::private::DEFAULT_TIMEOUT));
    let body = Ident::new(if function.signature.asyncness.is_some() { "Async" } else { "Sync" }, macro_span());
    quote_spanned! {macro_span()=>
        static __ON_SHUTDOWN_HOOK: #runtime::private::HookRecord = #runtime::private::HookRecord {
            name: #runtime::private::Cow::Borrowed(#name),
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: #line,
            package: #runtime::private::package(::core::option_env!("CARGO_PKG_NAME"), ::core::module_path!()),
            version: #runtime::private::version(::core::option_env!("CARGO_PKG_VERSION")),
            phase: #runtime::private::Phase::#phase,
            priority: { const PRIORITY: i32 = #priority; PRIORITY },
            timeout: #timeout,
            timeout_is_default: #timeout_is_default,
            after: &[#(<#after as #runtime::private::HookMarker>::hook),*],
            body: #runtime::private::Body::#body(__on_shutdown_run),
        };
    }
}

/// Writes the function that the runtime calls: it looks up the arguments, then returns the result or its future.
fn run_function(hook: &Declaration) -> TokenStream {
    let runtime = &hook.runtime;
    let function = with_macro_span(&hook.function.signature.ident);
    let (lookups, arguments) = (lookups(hook), arguments(hook));
    let call = quote_spanned!(macro_span()=> #function(#arguments));
    let (output, result) = if hook.function.signature.asyncness.is_some() {
        (quote_spanned!(macro_span()=> HookFuture), boxed_future(hook, &call))
    } else {
        (quote_spanned!(macro_span()=> HookResult), convert_result(hook, &call))
    };
    // The compiler applies this lint to the code of a macro too.
    let deprecated = hook.function.attributes.iter().any(|attribute| attribute.path().is_ident("deprecated"));
    let allow_deprecated = deprecated.then(|| quote_spanned!(macro_span()=> #[allow(deprecated)]));
    // The function is named twice, because clippy's `single_call_fn` reports a function that is named once.
    quote_spanned! {macro_span()=>
        #allow_deprecated
        fn __on_shutdown_run(
            call: &#runtime::private::Call<'_>,
        ) -> ::core::result::Result<#runtime::private::#output, #runtime::private::Missing> {
            let _ = #function;
            #lookups
            ::core::result::Result::Ok(#result)
        }
    }
}

/// Writes a `let` with the value of each parameter. The span of the lookup is the parameter's type, where the compiler
/// reports a type that cannot be a parameter.
fn lookups(hook: &Declaration) -> Option<TokenStream> {
    let runtime = &hook.runtime;
    let lookups = hook.parameters.iter().zip(argument_names(hook)).map(|(parameter, name)| {
        let (value, location) = (&parameter.value, parameter.value.span());
        let runtime = relocate(runtime, location);
        let span = macro_span().located_at(location);
        let lookup = quote_spanned!(span=> (&#runtime::private::lookup::<#value>()).get(call)?);
        quote_spanned!(macro_span()=> let #name = #lookup;)
    });
    (!hook.parameters.is_empty()).then(|| {
        quote_spanned! {macro_span()=>
            use #runtime::private::{LookupOption as _, LookupValue as _};
            #(#lookups)*
        }
    })
}

fn arguments(hook: &Declaration) -> TokenStream {
    let references =
        hook.parameters.iter().map(|parameter| parameter.by_reference.then(|| quote_spanned!(macro_span()=> &)));
    let names = argument_names(hook);
    quote_spanned!(macro_span()=> #(#references #names),*)
}

fn argument_names(hook: &Declaration) -> impl Iterator<Item = Ident> {
    (0..hook.parameters.len()).map(|index| Ident::new(&format!("__argument_{index}"), macro_span()))
}

/// Writes the boxed future. Its span is the function's name, where the compiler reports a future that is not `Send`.
fn boxed_future(hook: &Declaration, call: &TokenStream) -> TokenStream {
    let runtime = &hook.runtime;
    let result = convert_result(hook, &quote_spanned!(macro_span()=> #call.await));
    let span = macro_span().located_at(hook.function.signature.ident.span());
    let boxed = quote_spanned!(span=> __on_shutdown_future(async move { #result }));
    quote_spanned! {macro_span()=>
        {
            use #runtime::private::hook_future as __on_shutdown_future;
            #boxed
        }
    }
}

/// Converts what the function returns. The tokens of the return type are the user's, so the compiler reports a wrong
/// type there.
fn convert_result(hook: &Declaration, call: &TokenStream) -> TokenStream {
    let runtime = &hook.runtime;
    let output = match hook.function.output() {
        Some(output) => output.to_token_stream(),
        None => quote_spanned!(macro_span()=> ()),
    };
    quote_spanned!(macro_span()=> <#output as #runtime::private::HookOutput>::into_result(#call))
}
