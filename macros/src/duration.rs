//! The value of a setting that is a length of time comes in; a constant `Duration` expression goes out.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit, LitStr};

use crate::args::Setting;
use crate::errors::Errors;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zero {
    Allowed,
    Forbidden,
}

/// `None` when the value is a mistake, which is then in `errors`.
pub(crate) fn settle(setting: &Setting, zero: Zero, errors: &mut Errors) -> Option<TokenStream> {
    let Expr::Lit(literal) = &setting.value else {
        return Some(constant(setting, zero));
    };
    let read = match &literal.lit {
        Lit::Str(text) => read(&setting.name.to_string(), text, zero),
        other => Err(not_a_string(&setting.name.to_string(), other)),
    };
    match read {
        Ok(length) => Some(tokens(length)),
        Err(message) => {
            errors.at(literal, message);
            None
        }
    }
}

pub(crate) fn tokens(length: Duration) -> TokenStream {
    let (seconds, nanos) = (length.as_secs(), length.subsec_nanos());
    quote_spanned!(Span::mixed_site()=> ::core::time::Duration::new(#seconds, #nanos))
}

fn read(name: &str, text: &LitStr, zero: Zero) -> Result<Duration, String> {
    let written = text.value();
    match humantime::parse_duration(&written) {
        Ok(Duration::ZERO) if zero == Zero::Forbidden => Err(zero_message(name)),
        // A unit of humantime's, and never what is meant here.
        Ok(_) if written.contains('M') => {
            Err(format!("`M` is a month: write `\"{}\"` for minutes", written.replace('M', "m")))
        }
        Ok(length) => Ok(length),
        Err(humantime::DurationError::Empty) => Err(format!("`{name}` is empty: write `\"5s\"`")),
        Err(_) if written.trim().parse::<f64>().is_ok() => {
            Err(format!("`{name}` has no unit: write `\"{}s\"`", written.trim()))
        }
        Err(humantime::DurationError::UnknownUnit { unit, .. }) if !unit.is_empty() => {
            Err(format!("`{unit}` is not a unit of time: write `ms`, `s`, `m` or `h`, as in `\"1m30s\"`"))
        }
        Err(_) => {
            Err(format!("`{written}` is not a length of time: write it as in `\"500ms\"`, `\"5s\"` or `\"1m30s\"`"))
        }
    }
}

/// `5`, and also `5s`, which the compiler reads as the number 5 with a suffix.
fn not_a_string(name: &str, literal: &Lit) -> String {
    match literal {
        Lit::Int(number) if number.suffix().is_empty() => {
            format!("`{name}` is a string with a unit: write `\"{number}s\"`")
        }
        Lit::Float(number) if number.suffix().is_empty() => {
            format!("`{name}` is a string with a unit: write `\"{number}s\"`")
        }
        Lit::Int(number) => format!("`{name}` is a string: write `\"{number}\"`"),
        Lit::Float(number) => format!("`{name}` is a string: write `\"{number}\"`"),
        _ => format!("`{name}` is a string with a unit or a `Duration` constant: write `{name} = \"5s\"`"),
    }
}

fn zero_message(name: &str) -> String {
    match name {
        "timeout" => {
            "`timeout` is zero, so the hook could never finish: write `\"5s\"`, or leave it out for 5 s".to_owned()
        }
        other => format!("`{other}` is zero: write `\"25s\"`, or leave it out"),
    }
}

/// Only the compiler knows what the expression is worth, so it is made to look.
fn constant(setting: &Setting, zero: Zero) -> TokenStream {
    let value = &setting.value;
    let here = Span::mixed_site().located_at(value.span());
    if zero == Zero::Allowed {
        return value.to_token_stream();
    }
    let message = zero_message(&setting.name.to_string());
    quote_spanned! {here=>
        {
            let length: ::core::time::Duration = #value;
            ::core::assert!(!length.is_zero(), #message);
            length
        }
    }
}
