//! Parses settings such as `timeout = "5s"` into constant expressions of type `Duration`.

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

/// Returns an expression that is constant, or `None` after an error.
pub(crate) fn expression(setting: &Setting, zero: Zero, errors: &mut Errors) -> Option<TokenStream> {
    let Expr::Lit(literal) = &setting.value else {
        return Some(checked_constant(setting, zero));
    };
    let name = setting.name.to_string();
    let parsed = match &literal.lit {
        Lit::Str(text) => parse_text(&name, text, zero),
        other => Err(not_a_string(&name, other)),
    };
    match parsed {
        Ok(duration) => Some(duration_tokens(duration)),
        Err(message) => {
            errors.push_at(literal, message);
            None
        }
    }
}

fn duration_tokens(duration: Duration) -> TokenStream {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote_spanned!(Span::mixed_site()=> ::core::time::Duration::new(#seconds, #nanos))
}

pub(crate) fn parse_text(name: &str, text: &LitStr, zero: Zero) -> Result<Duration, String> {
    let written = text.value();
    match parse_human(&written) {
        Ok(Duration::ZERO) if zero == Zero::Forbidden => Err(zero_message(name)),
        // humantime reads `0` as a duration.
        _ if lacks_unit(&written) => Err(format!("`{name}` has no unit: write `\"{}s\"`", written.trim())),
        // humantime reads `M` as a month. No shutdown takes a month, so the user meant minutes.
        Ok(_) if written.contains('M') => {
            Err(format!("`M` is a month: write `\"{}\"` for minutes", written.replace('M', "m")))
        }
        Ok(duration) => Ok(duration),
        Err(humantime::DurationError::Empty) => Err(format!("`{name}` is empty: write `\"5s\"`")),
        Err(humantime::DurationError::UnknownUnit { unit, .. }) if !unit.is_empty() => {
            Err(format!("`{unit}` is not a unit of time: write `ms`, `s`, `m` or `h`, as in `\"1m30s\"`"))
        }
        Err(_) => {
            Err(format!("`{written}` is not a duration: write a number and a unit, as in `\"500ms\"` or `\"1m30s\"`"))
        }
    }
}

/// Returns whether the text is a number that is a duration as soon as a unit follows. `-5` and `inf` are not.
fn lacks_unit(text: &str) -> bool {
    let number = text.trim();
    number.parse::<f64>().is_ok() && parse_human(&format!("{number}s")).is_ok()
}

/// Parses a duration as humantime does, but refuses numbers that are close to the limit. humantime 2.4 panics if the
/// seconds are `u64::MAX` and the parts of a second add up to one more. The runtime has the same function.
fn parse_human(text: &str) -> Result<Duration, humantime::DurationError> {
    // A year is the longest unit: the sum of all numbers, taken as years, is at least the duration.
    const MAX_SUM: u64 = u64::MAX / (366 * 24 * 3600);
    // humantime ignores spaces inside of a number.
    let text_without_space: String = text.split_whitespace().collect();
    let numbers = text_without_space.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    let sum =
        numbers.map(|part| part.parse().ok()).try_fold(0_u64, |sum, number: Option<u64>| sum.checked_add(number?));
    match sum {
        Some(..=MAX_SUM) => humantime::parse_duration(text),
        _ => Err(humantime::DurationError::NumberOverflow),
    }
}

/// Explains `5`, and also `5s`, which the compiler reads as the number 5 with a suffix.
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

/// Adds an assertion to a constant expression, because only the compiler knows the value.
fn checked_constant(setting: &Setting, zero: Zero) -> TokenStream {
    let value = &setting.value;
    if zero == Zero::Allowed {
        return value.to_token_stream();
    }
    let message = zero_message(&setting.name.to_string());
    let span = Span::mixed_site().located_at(value.span());
    quote_spanned! {span=>
        {
            let duration: ::core::time::Duration = #value;
            ::core::assert!(!duration.is_zero(), #message);
            duration
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, zero: Zero) -> String {
        parse_text("drain_delay", &LitStr::new(text, Span::call_site()), zero).expect_err("it is refused")
    }

    #[test]
    fn a_number_without_a_unit_is_refused_even_if_it_is_zero() {
        assert_eq!(error("0", Zero::Allowed), "`drain_delay` has no unit: write `\"0s\"`");
        assert_eq!(error(" 1.5 ", Zero::Allowed), "`drain_delay` has no unit: write `\"1.5s\"`");
        assert_eq!(error("0", Zero::Forbidden), "`drain_delay` is zero: write `\"25s\"`, or leave it out");
    }

    #[test]
    fn a_duration_that_is_too_long_is_an_error() {
        let text = format!("{}s 1000ms", u64::MAX);
        assert!(error(&text, Zero::Allowed).contains("is not a duration: write a number"));
    }

    #[test]
    fn a_number_that_no_unit_makes_a_duration_gets_an_example() {
        for text in ["inf", "-5", "NaN", "99999999999999999999999"] {
            assert!(error(text, Zero::Allowed).contains("is not a duration: write a number"), "{text}");
        }
    }
}
