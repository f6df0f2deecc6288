//! A settled hook comes in; the items that register it go out. All that is said about the runtime is said here.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

use crate::declaration::Declaration;

/// Spans of this kind are the macro's own to the compiler, so that the lints of the user's crate pass them over.
fn site() -> Span {
    Span::mixed_site()
}

/// An own span that is shown where the user wrote `tokens`.
fn own(tokens: impl ToTokens) -> TokenStream {
    let owned = |token: TokenTree| {
        let here = site().located_at(token.span());
        let mut token = match token {
            TokenTree::Group(group) => TokenTree::Group(Group::new(group.delimiter(), own(group.stream()))),
            other => other,
        };
        token.set_span(here);
        token
    };
    tokens.into_token_stream().into_iter().map(owned).collect()
}

pub(crate) fn expand(hook: &Declaration) -> TokenStream {
    let (runtime, record, run) = (&hook.runtime, record(hook), run(hook));
    let registration = quote_spanned! {site()=>
        #record
        #run
        #runtime::private::submit! { #runtime::private::LinkedHook(&__ON_SHUTDOWN_HOOK) }
        &__ON_SHUTDOWN_HOOK
    };
    declared(hook, &registration)
}

/// Clippy would have `&str` for `&String`, which no value can be lent as: one that is found by its type has a size.
pub(crate) fn quiet(hook: &Declaration) -> TokenStream {
    let lends = hook.parameters.iter().filter(|parameter| parameter.lent);
    let blamed = lends.filter_map(|parameter| match &parameter.value {
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    });
    let mut blamed = blamed.filter(|last| ["String", "Vec", "PathBuf"].iter().any(|name| last.ident == name));
    match blamed.next() {
        Some(_) => quote_spanned!(site()=> #[allow(clippy::ptr_arg)]),
        None => TokenStream::new(),
    }
}

/// What is left of a hook with mistakes: enough that `after = [it]` elsewhere is not one mistake more.
pub(crate) fn expand_name(hook: &Declaration) -> TokenStream {
    declared(hook, &quote_spanned!(site()=> loop {}))
}

/// The function's name once more, as a type: what `after = [path]` finds through any number of `use`s.
///
/// All else is inside, so that under an `impl`, where none of it may be, the compiler says no more than that.
fn declared(hook: &Declaration, body: &TokenStream) -> TokenStream {
    let (runtime, cfgs) = (&hook.runtime, || hook.function.cfgs());
    let (cfgs_of_name, cfgs) = (cfgs(), cfgs());
    let visibility = own(&hook.function.visibility);
    let name = own(&hook.function.signature.ident);
    let here = site().located_at(hook.function.signature.ident.span());
    quote_spanned! {here=>
        #(#cfgs_of_name)*
        #[doc(hidden)]
        #[non_exhaustive]
        #visibility enum #name {}

        #(#cfgs)*
        #[automatically_derived]
        impl #runtime::private::Declared for #name {
            fn hook() -> &'static #runtime::private::Hook {
                #body
            }
        }
    }
}

fn record(hook: &Declaration) -> TokenStream {
    let Declaration { function, runtime, phase, priority, timeout, after, .. } = hook;
    let name = function.name();
    // `line!` answers for the place of its own tokens: the function's name, not the attribute above it.
    let here = function.signature.ident.span();
    let line = quote_spanned!(here=> ::core::line!());
    let timeout_is_default = timeout.is_none();
    let timeout = timeout.clone().unwrap_or_else(|| quote_spanned!(site()=> #runtime::private::DEFAULT_TIMEOUT));
    let body = Ident::new(if function.signature.asyncness.is_some() { "Async" } else { "Sync" }, site());
    quote_spanned! {site()=>
        static __ON_SHUTDOWN_HOOK: #runtime::private::Hook = #runtime::private::Hook {
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
            after: &[#(<#after as #runtime::private::Declared>::hook),*],
            body: #runtime::private::Body::#body(__on_shutdown_run),
        };
    }
}

/// The function that the runtime calls: fetches the arguments, then makes the result or its future.
fn run(hook: &Declaration) -> TokenStream {
    let runtime = &hook.runtime;
    let function = own(&hook.function.signature.ident);
    let (fetched, arguments) = (fetched(hook), arguments(hook));
    let call = quote_spanned!(site()=> #function(#arguments));
    let (output, result) = if hook.function.signature.asyncness.is_some() {
        (quote_spanned!(site()=> HookFuture), future(hook, &call))
    } else {
        (quote_spanned!(site()=> HookResult), result(hook, &call))
    };
    // The one lint that follows a function into the code of a macro.
    let deprecated = hook.function.attributes.iter().any(|attribute| attribute.path().is_ident("deprecated"));
    let quiet = deprecated.then(|| quote_spanned!(site()=> #[allow(deprecated)]));
    // The function is named twice, or clippy's `single_call_fn` blames the user for one that is called once.
    quote_spanned! {site()=>
        #quiet
        fn __on_shutdown_run(
            call: &#runtime::private::Call<'_>,
        ) -> ::core::result::Result<#runtime::private::#output, #runtime::private::Missing> {
            let _ = #function;
            #fetched
            ::core::result::Result::Ok(#result)
        }
    }
}

/// A `let` for each parameter. The type is written out, so that one that cannot be a parameter is shown in its place.
fn fetched(hook: &Declaration) -> Option<TokenStream> {
    let runtime = &hook.runtime;
    let values = hook.parameters.iter().map(|parameter| &parameter.value);
    let names = names(hook);
    (!hook.parameters.is_empty()).then(|| {
        quote_spanned! {site()=>
            use #runtime::private::{LookupOption as _, LookupValue as _};
            #(let #names = (&#runtime::private::want::<#values>()).get(call)?;)*
        }
    })
}

fn arguments(hook: &Declaration) -> TokenStream {
    let lends = hook.parameters.iter().map(|parameter| parameter.lent.then(|| quote_spanned!(site()=> &)));
    let names = names(hook);
    quote_spanned!(site()=> #(#lends #names),*)
}

fn names(hook: &Declaration) -> impl Iterator<Item = Ident> {
    (0..hook.parameters.len()).map(|place| Ident::new(&format!("__argument_{place}"), site()))
}

/// All located at the function's name, so that a future that is not `Send` is shown there.
fn future(hook: &Declaration, call: &TokenStream) -> TokenStream {
    let runtime = &hook.runtime;
    let result = result(hook, &quote_spanned!(site()=> #call.await));
    let here = site().located_at(hook.function.signature.ident.span());
    let boxed = quote_spanned!(here=> __on_shutdown_future(async move { #result }));
    quote_spanned! {site()=>
        {
            use #runtime::private::hook_future as __on_shutdown_future;
            #boxed
        }
    }
}

/// The type is written out, so that one that a hook cannot return is shown where the user wrote it.
fn result(hook: &Declaration, call: &TokenStream) -> TokenStream {
    let runtime = &hook.runtime;
    let output = match hook.function.output() {
        Some(output) => output.to_token_stream(),
        None => quote_spanned!(site()=> ()),
    };
    quote_spanned!(site()=> <#output as #runtime::private::HookOutput>::into_result(#call))
}
