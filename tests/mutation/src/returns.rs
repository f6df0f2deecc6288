//! Values that a function can return instead of what it computes.

use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Type};

/// Returns the texts of the values for this return type. Returns none for a type that has no common value.
pub(crate) fn values(output: &ReturnType) -> Vec<String> {
    let values = match output {
        ReturnType::Default => vec!["()"],
        ReturnType::Type(_, of) => of_type(of),
    };
    values.into_iter().map(str::to_owned).collect()
}

fn of_type(of: &Type) -> Vec<&'static str> {
    match of {
        Type::Tuple(tuple) if tuple.elems.is_empty() => vec!["()"],
        Type::Reference(reference) if is_named(&reference.elem, "str") => vec!["\"\""],
        Type::Path(path) => path.path.segments.last().map(of_segment).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn of_segment(segment: &PathSegment) -> Vec<&'static str> {
    match segment.ident.to_string().as_str() {
        "bool" => vec!["true", "false"],
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => vec!["0", "1"],
        "Option" => vec!["None"],
        "Result" => of_result(&segment.arguments),
        "String" => vec!["std::string::String::new()"],
        "Vec" => vec!["std::vec::Vec::new()"],
        "Duration" => vec!["std::time::Duration::ZERO"],
        _ => Vec::new(),
    }
}

/// Without arguments this is `fmt::Result`.
fn of_result(arguments: &PathArguments) -> Vec<&'static str> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return vec!["Ok(())"] };
    match arguments.args.first() {
        Some(GenericArgument::Type(Type::Tuple(tuple))) if tuple.elems.is_empty() => vec!["Ok(())"],
        Some(GenericArgument::Type(of)) if is_named(of, "bool") => vec!["Ok(true)", "Ok(false)"],
        _ => Vec::new(),
    }
}

fn is_named(of: &Type, name: &str) -> bool {
    matches!(of, Type::Path(path) if path.path.is_ident(name))
}
