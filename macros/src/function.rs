//! The item under an attribute comes in; a free function that can be called with nothing but values goes out.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, FnArg, Ident, ReturnType, Safety, Signature, Type, Visibility};

use crate::errors::{Errors, spelled};

/// The body stays raw tokens: it is nobody's business but the compiler's.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenStream,
}

/// A value that the runtime looks up by its type.
pub(crate) struct Parameter {
    pub(crate) value: Type,
    /// The function wants it lent: `&T`.
    pub(crate) lent: bool,
}

impl Function {
    /// `attribute` is its name as the user wrote it, for the messages.
    pub(crate) fn parse(item: TokenStream, attribute: &str, errors: &mut Errors) -> Option<Self> {
        let read = |input: ParseStream<'_>| {
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility = input.parse()?;
            let start = input.fork();
            match input.parse() {
                Ok(signature) => Ok(Self { attributes, visibility, signature, body: input.parse()? }),
                Err(_) => Err(not_a_function(&start, attribute)),
            }
        };
        match read.parse2(item) {
            Ok(function) => Some(function),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    /// Whether an `impl` or a `trait` is around it. Nothing but a function may then be written beside it.
    pub(crate) fn is_method(&self) -> bool {
        self.signature.receiver().is_some() || mentions(&self.signature, "Self")
    }

    pub(crate) fn is_main(&self) -> bool {
        self.signature.ident == "main"
    }

    /// The name without the `r#` of a raw identifier.
    pub(crate) fn name(&self) -> String {
        syn::ext::IdentExt::unraw(&self.signature.ident).to_string()
    }

    /// A `cfg` below the attribute is not resolved yet, and holds for all that is written beside the function.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
    }

    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Type(_, output) => Some(output),
            ReturnType::Default => None,
        }
    }

    /// Everything that keeps a caller who knows only the name from calling it. `role` is "a hook" or the like.
    pub(crate) fn check(&self, role: &str, errors: &mut Errors) {
        self.check_modifiers(role, errors);
        self.check_generics(role, errors);
        if let Some(receiver) = self.signature.receiver() {
            errors.at(receiver, format!("{role} has no `self`: write a free function outside the `impl`"));
        } else if self.is_method() {
            errors.at(&self.signature.ident, format!("{role} has no `Self`: write a free function outside the `impl`"));
        }
        if let Some(output @ Type::ImplTrait(_)) = self.output() {
            errors.at(output, format!("{role} returns a type with a name: write `()` or a `Result`"));
        }
        if !self.is_method() && matches!(self.body.clone().into_iter().next(), None | Some(TokenTree::Punct(_))) {
            errors.at(&self.signature.ident, format!("{role} has a body: write it in `{{ }}`"));
        }
    }

    fn check_modifiers(&self, role: &str, errors: &mut Errors) {
        let signature = &self.signature;
        if let Some(constness) = &signature.constness {
            errors.at(constness, format!("{role} runs at run time: write it without `const`"));
        }
        if let Safety::Unsafe(unsafety) = &signature.safety {
            errors.at(
                unsafety,
                format!(
                    "{role} is called by code that cannot promise anything: write a safe `fn`, with `unsafe` inside"
                ),
            );
        }
        if let Some(abi) = &signature.abi {
            errors.at(abi, format!("{role} is called from Rust: write `fn` without `extern`"));
        }
        if let Some(variadic) = &signature.variadic {
            errors.at(variadic, format!("{role} has a fixed number of parameters: write it without `...`"));
        }
    }

    fn check_generics(&self, role: &str, errors: &mut Errors) {
        let generics = &self.signature.generics;
        if !generics.params.is_empty() {
            errors.at(generics, format!("{role} has no generic parameters: write the types in full"));
        } else if let Some(clause) = &generics.where_clause {
            errors.at(clause, format!("{role} has no generic parameters, so no `where`: write it without"));
        }
    }

    /// The parameters of a hook, in order, without those that are mistakes.
    pub(crate) fn parameters(&self, errors: &mut Errors) -> Vec<Parameter> {
        let typed = self.signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        let mut parameters = Vec::new();
        for typed in typed {
            for cfg in typed.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
                errors.at(cfg, "a parameter of a hook is always there: write the `cfg` on the function");
            }
            parameters.extend(parameter(&typed.ty, errors));
        }
        parameters
    }
}

fn parameter(written: &Type, errors: &mut Errors) -> Option<Parameter> {
    if mentions(written, "impl") {
        errors.at(written, "a hook's parameter is found by its type: write the type's name instead of `impl`");
        return None;
    }
    if let Some(owned) = owned(written) {
        let message = format!("a hook's parameter is a value of its own, and this is a part of one: write `{owned}`");
        errors.at(written, message);
        return None;
    }
    match written {
        Type::Reference(reference) if reference.mutability.is_some() => {
            let value = spelled(&reference.elem);
            errors.at(
                written,
                format!(
                    "a hook's value is shared with others: write `&{value}`, and a `Mutex` inside if it must change"
                ),
            );
            None
        }
        Type::Reference(reference) if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_") => {
            Some(Parameter { value: (*reference.elem).clone(), lent: true })
        }
        Type::Group(group) => parameter(&group.elem, errors),
        _ => Some(Parameter { value: written.clone(), lent: false }),
    }
}

/// What holds a value whose size is not known, which by itself can be lent but not kept.
fn owned(written: &Type) -> Option<String> {
    let Type::Reference(reference) = written else { return None };
    if reference.lifetime.is_some() {
        return None;
    }
    match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => Some("&String".to_owned()),
        Type::Slice(slice) => Some(format!("&Vec<{}>", spelled(&slice.elem))),
        Type::TraitObject(object) => Some(format!("&Arc<{}>", spelled(object))),
        _ => None,
    }
}

fn mentions(tokens: impl ToTokens, word: &str) -> bool {
    tokens.into_token_stream().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn not_a_function(start: ParseStream<'_>, attribute: &str) -> syn::Error {
    let kind: Option<Ident> = syn::ext::IdentExt::parse_any(start).ok();
    match kind {
        Some(kind) => {
            let article = if kind.to_string().starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
            syn::Error::new(kind.span(), format!("`{attribute}` goes on a function, not on {article} `{kind}`"))
        }
        None => start.error(format!("`{attribute}` goes on a function")),
    }
}
