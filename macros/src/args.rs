//! The tokens between an attribute's parentheses come in; its settings go out as written, every one with its span.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Path, Token};

use crate::errors::Errors;
use crate::nearest::correction;

/// The words that one attribute understands.
pub(crate) struct Vocabulary {
    /// A setting that shows how settings are written.
    pub(crate) example: &'static str,
    /// Each setting, with a value for the examples in error messages.
    pub(crate) settings: &'static [(&'static str, &'static str)],
    /// Values that people write without their setting, and the whole of what they mean.
    pub(crate) bare_values: &'static [(&'static str, &'static str)],
}

pub(crate) struct Setting {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

pub(crate) struct Args {
    settings: Vec<Setting>,
}

impl Args {
    /// Keeps every setting that can be read, and goes on after those that cannot.
    pub(crate) fn parse(tokens: TokenStream, words: &Vocabulary, errors: &mut Errors) -> Self {
        let mut args = Self { settings: Vec::new() };
        let read = |input: ParseStream<'_>| {
            while !input.is_empty() {
                match words.setting(input) {
                    Ok(setting) => args.add(setting, errors),
                    Err(error) => {
                        errors.push(error);
                        skip_to_comma(input)?;
                    }
                }
                separator(input, errors)?;
            }
            Ok(())
        };
        // The reader itself has no error of its own, and what it met on its way is in `errors`.
        if let Err(error) = read.parse2(tokens) {
            errors.push(error);
        }
        args
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Setting> {
        let place = self.settings.iter().position(|setting| setting.name == name)?;
        Some(self.settings.swap_remove(place))
    }

    /// The path to the runtime crate: `crate = path`, or the name it is published under.
    pub(crate) fn take_runtime(&mut self, errors: &mut Errors) -> Path {
        match self.take("crate").map(|setting| setting.value) {
            Some(Expr::Path(value)) if value.qself.is_none() => return value.path,
            Some(other) => errors.at(other, "`crate` takes a path: write `crate = ::on_shutdown`, without quotes"),
            None => {}
        }
        syn::parse_quote_spanned!(proc_macro2::Span::mixed_site()=> ::on_shutdown)
    }

    fn add(&mut self, setting: Setting, errors: &mut Errors) {
        if self.settings.iter().any(|earlier| earlier.name == setting.name) {
            errors.at(&setting.name, format!("`{}` is set twice: keep one of them", setting.name));
        } else {
            self.settings.push(setting);
        }
    }
}

impl Vocabulary {
    fn setting(&self, input: ParseStream<'_>) -> syn::Result<Setting> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("not a setting: write a name and a value, as in `{}`", self.example)));
        }
        let name = input.call(Ident::parse_any)?;
        let value = self.value_for(&name)?;
        if !input.peek(Token![=]) || input.peek(Token![==]) {
            return Err(syn::Error::new(name.span(), format!("`{name}` has no value: write `{name} = {value}`")));
        }
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new(name.span(), format!("`{name}` has no value: write `{name} = {value}`")));
        }
        Ok(Setting { name, value: without_group(input.parse()?) })
    }

    fn value_for(&self, name: &Ident) -> syn::Result<&'static str> {
        let word = name.to_string();
        let find = |(known, value): &(&str, &'static str)| (*known == word).then_some(*value);
        if let Some(value) = self.settings.iter().find_map(find) {
            return Ok(value);
        }
        let instead = match self.bare_values.iter().find_map(find) {
            Some(whole) => format!("write `{whole}`"),
            None => correction(&word, &self.settings.iter().map(|(known, _)| *known).collect::<Vec<_>>()),
        };
        Err(syn::Error::new(name.span(), format!("unknown setting `{word}`: {instead}")))
    }
}

fn separator(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    if !input.peek(Ident::peek_any) {
        errors.push(input.error("nothing belongs here: write `,` and the next setting"));
        skip_to_comma(input)?;
        return input.parse::<Option<Token![,]>>().map(drop);
    }
    errors.push(input.error("two settings without a `,` between them: write the `,` before this one"));
    Ok(())
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// A value that went through a `macro_rules` fragment comes in an invisible group, which hides what it is.
fn without_group(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => without_group(*group.expr),
        other => other,
    }
}
