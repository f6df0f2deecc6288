//! Parses the function under an attribute, and checks that the runtime can call it.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, FnArg, Ident, ReturnType, Safety, Signature, Type, Visibility};

use crate::errors::{Errors, source_text};

/// The body stays raw tokens, so that the compiler reports mistakes in it as if the attribute were not there.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenStream,
}

/// A parameter, whose value the runtime looks up by its type.
pub(crate) struct Parameter {
    /// The type without the `&`.
    pub(crate) value: Type,
    /// Whether the parameter is written `&T`.
    pub(crate) by_reference: bool,
}

impl Function {
    /// `attribute` is the attribute's name in the error messages.
    pub(crate) fn parse(item: TokenStream, attribute: &str, errors: &mut Errors) -> Option<Self> {
        let parser = |input: ParseStream<'_>| {
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility = input.parse()?;
            let start = input.fork();
            match input.parse() {
                Ok(signature) => Ok(Self { attributes, visibility, signature, body: input.parse()? }),
                Err(_) => Err(not_a_function(&start, attribute)),
            }
        };
        match parser.parse2(item) {
            Ok(function) => Some(function),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    /// Returns whether the function is in an `impl` or a `trait`, where the macro cannot add items next to it.
    pub(crate) fn is_method(&self) -> bool {
        self.signature.receiver().is_some() || mentions(&self.signature, "Self")
    }

    pub(crate) fn is_main(&self) -> bool {
        self.signature.ident == "main"
    }

    /// Returns the name without the `r#` of a raw identifier.
    pub(crate) fn name(&self) -> String {
        syn::ext::IdentExt::unraw(&self.signature.ident).to_string()
    }

    /// Returns the `cfg` attributes below ours. The compiler has not evaluated them yet, so the macro repeats them on
    /// every item that it adds.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
    }

    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Type(_, output) => Some(output),
            ReturnType::Default => None,
        }
    }

    /// Reports everything that prevents generated code from calling the function. `role` is "a hook" or "`main`".
    pub(crate) fn check(&self, role: &str, errors: &mut Errors) {
        self.check_modifiers(role, errors);
        self.check_generics(role, errors);
        if let Some(receiver) = self.signature.receiver() {
            errors.push_at(receiver, format!("{role} cannot have `self`: write a free function outside the `impl`"));
        } else if self.is_method() {
            errors.push_at(
                &self.signature.ident,
                format!("{role} cannot use `Self`: write a free function outside the `impl`"),
            );
        }
        if let Some(output @ Type::ImplTrait(_)) = self.output() {
            errors.push_at(output, format!("{role} cannot return `impl Trait`: write `()` or a `Result`"));
        }
        // The compiler accepts `dyn Trait +`, but not in front of the `as` that the macro writes.
        if let Some(output @ Type::TraitObject(_)) = self.output() {
            errors.push_at(output, format!("{role} cannot return `dyn Trait`: write `()` or a `Result`"));
        }
        if !self.is_method() && matches!(self.body.clone().into_iter().next(), None | Some(TokenTree::Punct(_))) {
            errors.push_at(&self.signature.ident, format!("{role} needs a body: write it in `{{ }}`"));
        }
    }

    fn check_modifiers(&self, role: &str, errors: &mut Errors) {
        let signature = &self.signature;
        if let Some(constness) = &signature.constness {
            errors.push_at(constness, format!("{role} cannot be `const`: write it without `const`"));
        }
        if let Safety::Unsafe(unsafety) = &signature.safety {
            errors.push_at(
                unsafety,
                format!("{role} cannot be `unsafe`: write a safe `fn` with an `unsafe` block inside"),
            );
        }
        if let Some(abi) = &signature.abi {
            errors.push_at(abi, format!("{role} cannot be `extern`: write it without `extern`"));
        }
        if let Some(variadic) = &signature.variadic {
            errors.push_at(
                variadic,
                format!("{role} cannot take a variable number of arguments: write it without `...`"),
            );
        }
    }

    fn check_generics(&self, role: &str, errors: &mut Errors) {
        let generics = &self.signature.generics;
        if !generics.params.is_empty() {
            errors.push_at(generics, format!("{role} cannot be generic: write concrete types"));
        } else if let Some(clause) = &generics.where_clause {
            errors.push_at(clause, format!("{role} cannot have a `where` clause: write it without"));
        }
    }

    /// Returns the valid parameters of a hook, in order.
    pub(crate) fn parameters(&self, errors: &mut Errors) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let mut types = BTreeSet::new();
        for input in &self.signature.inputs {
            let FnArg::Typed(typed) = input else { continue };
            for cfg in typed.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
                errors.push_at(cfg, "a hook's parameter cannot have a `cfg`: write the `cfg` on the function");
            }
            let Some(parameter) = parse_parameter(&typed.ty, errors) else { continue };
            let value = source_text(&parameter.value);
            // A macro sees tokens and not types: `Pool` and `db::Pool` pass, even if they are one type.
            if types.insert(value.clone()) {
                parameters.push(parameter);
            } else {
                let problem = format!("two parameters of type `{value}` would get the same value");
                errors.push_at(&typed.ty, format!("{problem}: wrap one of them in a type of its own"));
            }
        }
        parameters
    }
}

fn parse_parameter(written: &Type, errors: &mut Errors) -> Option<Parameter> {
    if mentions(written, "impl") {
        errors.push_at(written, "a hook's parameter is found by its type: write a concrete type instead of `impl`");
        return None;
    }
    if let Some(sized) = sized_alternative(written) {
        let message = format!("a hook's parameter needs a type of known size: write `{sized}`");
        errors.push_at(written, message);
        return None;
    }
    match written {
        Type::Reference(reference) if reference.mutability.is_some() => {
            let value = source_text(&reference.elem);
            let instead = format!("write `&{value}`, and a `Mutex` inside if the hook changes the value");
            errors.push_at(written, format!("hooks share their values: {instead}"));
            None
        }
        Type::Reference(reference) if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_") => {
            Some(Parameter { value: without_group(&reference.elem).clone(), by_reference: true })
        }
        // A type that was passed through a `macro_rules` fragment is in an invisible group.
        Type::Group(group) => parse_parameter(&group.elem, errors),
        _ => Some(Parameter { value: written.clone(), by_reference: false }),
    }
}

fn without_group(written: &Type) -> &Type {
    match written {
        Type::Group(group) => without_group(&group.elem),
        other => other,
    }
}

/// Returns what to write instead of a reference to a type without a known size: `provide` cannot keep such a value.
fn sized_alternative(written: &Type) -> Option<String> {
    let Type::Reference(reference) = written else { return None };
    if reference.lifetime.is_some() {
        return None;
    }
    match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => Some("&String".to_owned()),
        Type::Slice(slice) => Some(format!("&Vec<{}>", source_text(&slice.elem))),
        Type::TraitObject(object) => Some(format!("&Arc<{}>", source_text(object))),
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
