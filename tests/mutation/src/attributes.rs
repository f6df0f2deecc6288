//! Decides by its attributes whether an item is compiled here, and is no test.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Expr, Item, Meta};

/// Returns whether the attributes say that the code is a test, or is for another system or a smaller feature set.
pub(crate) fn is_left_out(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => is_other(&list.tokens),
        Meta::Path(path) => path.is_ident("test"),
        _ => false,
    })
}

/// Every feature is on, and the system is Linux. So a `not` is never compiled, if this package is to find code there.
fn is_other(condition: &TokenStream) -> bool {
    let (mut words, mut literals) = (Vec::new(), Vec::new());
    collect(condition.clone(), &mut words, &mut literals);
    let is_named = |name: &str| words.iter().any(|word| word == name);
    let is_foreign = is_named("target_os") && !literals.iter().any(|literal| literal == "\"linux\"");
    ["not", "test", "doctest", "on_shutdown_loom"].into_iter().any(is_named) || is_foreign
}

fn collect(tokens: TokenStream, words: &mut Vec<String>, literals: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), words, literals),
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Literal(literal) => literals.push(literal.to_string()),
            TokenTree::Punct(_) => {}
        }
    }
}

/// Returns the attributes of an item that can contain code to change.
pub(crate) fn of_item(item: &Item) -> Option<&[Attribute]> {
    match item {
        Item::Fn(item) => Some(&item.attrs),
        Item::Impl(item) => Some(&item.attrs),
        Item::Mod(item) => Some(&item.attrs),
        Item::Trait(item) => Some(&item.attrs),
        _ => None,
    }
}

/// Returns the attributes of an expression of a kind that has some in these sources.
pub(crate) fn of_expr(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Assign(expr) => &expr.attrs,
        Expr::Block(expr) => &expr.attrs,
        Expr::Call(expr) => &expr.attrs,
        Expr::If(expr) => &expr.attrs,
        Expr::Match(expr) => &expr.attrs,
        Expr::MethodCall(expr) => &expr.attrs,
        Expr::Return(expr) => &expr.attrs,
        _ => &[],
    }
}
