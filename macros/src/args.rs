//! Parses the settings between an attribute's parentheses and keeps the span of each.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Path, Token};

use crate::errors::Errors;
use crate::suggest::suggest;

/// The settings that one attribute accepts, and the words that its error messages recognize.
pub(crate) struct Vocabulary {
    /// A setting that shows how settings are written.
    pub(crate) example: &'static str,
    /// Each setting, with a value for the examples in error messages.
    pub(crate) settings: &'static [(&'static str, &'static str)],
    /// Names that settings had in earlier versions, with today's names.
    pub(crate) renamed: &'static [(&'static str, &'static str)],
    /// Values that people write without the name of the setting, with the complete setting.
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
    /// Keeps every valid setting. After an invalid one, parsing continues behind the next comma.
    pub(crate) fn parse(tokens: TokenStream, vocabulary: &Vocabulary, errors: &mut Errors) -> Self {
        let mut args = Self { settings: Vec::new() };
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                match vocabulary.parse_setting(input) {
                    Ok(setting) => args.add(setting, errors),
                    Err(error) => {
                        errors.push(error);
                        skip_to_comma(input)?;
                    }
                }
                parse_separator(input, errors)?;
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
        }
        args
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Setting> {
        let index = self.settings.iter().position(|setting| setting.name == name)?;
        Some(self.settings.swap_remove(index))
    }

    /// Returns the path to the runtime crate: the value of `crate = path`, by default `::on_shutdown`.
    pub(crate) fn take_runtime(&mut self, errors: &mut Errors) -> Path {
        match self.take("crate").map(|setting| setting.value) {
            Some(Expr::Path(value)) if value.qself.is_none() => return value.path,
            Some(other) => {
                errors.push_at(other, "`crate` takes a path: write `crate = ::on_shutdown`, without quotes");
            }
            None => {}
        }
        syn::parse_quote_spanned!(proc_macro2::Span::mixed_site()=> ::on_shutdown)
    }

    fn add(&mut self, setting: Setting, errors: &mut Errors) {
        if self.settings.iter().any(|earlier| earlier.name == setting.name) {
            errors.push_at(&setting.name, format!("`{}` is set twice: keep one of them", setting.name));
        } else {
            self.settings.push(setting);
        }
    }
}

impl Vocabulary {
    fn parse_setting(&self, input: ParseStream<'_>) -> syn::Result<Setting> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("not a setting: write a name and a value, as in `{}`", self.example)));
        }
        let name = input.call(Ident::parse_any)?;
        let example = self.example_value(&name)?;
        let no_value = || syn::Error::new(name.span(), format!("`{name}` has no value: write `{name} = {example}`"));
        if !input.peek(Token![=]) || input.peek(Token![==]) {
            return Err(no_value());
        }
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(no_value());
        }
        let value = without_group(input.parse()?);
        Ok(Setting { name, value })
    }

    /// Returns a value for the example in an error message, or the error for an unknown setting.
    fn example_value(&self, name: &Ident) -> syn::Result<&'static str> {
        let written = name.to_string();
        let matching = |(known, text): &(&str, &'static str)| (*known == written).then_some(*text);
        if let Some(value) = self.settings.iter().find_map(matching) {
            return Ok(value);
        }
        let instead = match self.bare_values.iter().find_map(matching) {
            Some(setting) => format!("write `{setting}`"),
            None => {
                let known: Vec<&str> = self.settings.iter().map(|(known, _)| *known).collect();
                suggest(&written, &known, self.renamed)
            }
        };
        Err(syn::Error::new(name.span(), format!("unknown setting `{written}`: {instead}")))
    }
}

fn parse_separator(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    if !input.peek(Ident::peek_any) {
        errors.push(input.error("unexpected token after the value: write `,` and the next setting"));
        skip_to_comma(input)?;
        return input.parse::<Option<Token![,]>>().map(drop);
    }
    errors.push(input.error("missing `,` between two settings: write `,` before this setting"));
    Ok(())
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Removes the invisible groups around a `macro_rules` fragment, which hide the kind of the expression.
pub(crate) fn without_group(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => without_group(*group.expr),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn an_equals_sign_without_a_value_is_an_error_that_shows_a_value() {
        let settings = &[("timeout", "\"5s\""), ("priority", "0")];
        let vocabulary = Vocabulary { example: "priority = 0", settings, renamed: &[], bare_values: &[] };
        for tokens in [quote!(timeout =), quote!(timeout = , priority = 1)] {
            let mut errors = Errors::default();
            Args::parse(tokens, &vocabulary, &mut errors);
            assert!(errors.to_tokens().to_string().contains("`timeout` has no value"), "{}", errors.to_tokens());
        }
    }
}
