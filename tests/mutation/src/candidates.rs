//! Finds every place of a source file that can be changed, and what each change is.

use std::collections::HashMap;
use std::ops::Range;

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, Lit, Pat, ReturnType, Stmt, UnOp};

use crate::attributes::{is_left_out, of_expr, of_item};
use crate::returns;

/// How a change is written into the source, so that both versions are compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The expression has this text instead.
    Replace(String),
    /// The statement does not run.
    Delete,
    /// The condition is always true.
    AlwaysTrue,
    /// The condition is always false.
    AlwaysFalse,
    /// The condition, which contains `let`, is always false. `let` may stand in a chain of `&&`, not in parentheses.
    NeverMatches,
    /// The function returns this value at once.
    Return(String),
    /// The match arm, which has no guard, never matches.
    DeleteArm,
}

/// One possible change of the sources.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// The path of the file, relative to the workspace.
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) kind: &'static str,
    /// The function that contains the change.
    pub(crate) function: String,
    pub(crate) before: String,
    pub(crate) after: String,
    /// Distinguishes equal changes of one function.
    pub(crate) occurrence: usize,
    pub(crate) range: Range<usize>,
    pub(crate) edit: Edit,
}

/// Returns the possible changes of the code in `text` that is not a test.
pub(crate) fn find(file: &str, text: &str) -> syn::Result<Vec<Candidate>> {
    let parsed = syn::parse_file(text)?;
    let mut finder = Finder { file, functions: Vec::new(), occurrences: HashMap::new(), found: Vec::new() };
    if !is_left_out(&parsed.attrs) {
        finder.visit_file(&parsed);
    }
    Ok(finder.found)
}

struct Finder<'a> {
    file: &'a str,
    functions: Vec<String>,
    occurrences: HashMap<String, usize>,
    found: Vec<Candidate>,
}

impl Finder<'_> {
    fn add(&mut self, kind: &'static str, node: &impl ToTokens, after: &str, edit: Edit) {
        self.add_at(kind, node.span(), one_line(node), after, edit);
    }

    fn add_at(&mut self, kind: &'static str, span: proc_macro2::Span, before: String, after: &str, edit: Edit) {
        let function = self.functions.join("::");
        let same = self.occurrences.entry(format!("{function} {kind} {before} {after}")).or_default();
        let (occurrence, line) = (*same, span.start().line);
        *same += 1;
        let (file, after, range) = (self.file.to_owned(), after.to_owned(), span.byte_range());
        self.found.push(Candidate { file, line, kind, function, before, after, occurrence, range, edit });
    }

    fn function(&mut self, signature: &syn::Signature, body: &Block) {
        if signature.constness.is_some() || signature.unsafety.is_some() {
            return;
        }
        self.functions.push(signature.ident.to_string());
        if let (Some(first), Some(last)) = (body.stmts.first(), body.stmts.last()) {
            let span = first.span().join(last.span()).unwrap_or_else(|| first.span());
            let text = body.stmts.iter().map(one_line).collect::<Vec<_>>().join(" ");
            for value in returns::values(&signature.output).into_iter().filter(|value| *value != text) {
                let before = format!("fn {} {}", signature.ident, one_line(&signature.output));
                let edit = Edit::Return(value.clone());
                self.add_at("function body", span, before.trim_end().to_owned(), &format!("{{ {value} }}"), edit);
            }
        }
        visit::visit_block(self, body);
        self.functions.pop();
    }

    fn condition(&mut self, kind: &'static str, condition: &Expr, can_be_true: bool) {
        if can_be_true && !has_let(condition) {
            self.add(kind, condition, "true", Edit::AlwaysTrue);
        }
        let is_pattern = has_let(condition);
        self.add(kind, condition, "false", if is_pattern { Edit::NeverMatches } else { Edit::AlwaysFalse });
    }

    fn binary(&mut self, node: &syn::ExprBinary) {
        if has_let(&node.left) || has_let(&node.right) {
            return;
        }
        for operator in swapped(&node.op) {
            let after = format!("({}) {operator} ({})", one_line(&node.left), one_line(&node.right));
            self.add("operator", node, &after, Edit::Replace(after.clone()));
        }
    }

    fn literal(&mut self, node: &syn::ExprLit) {
        match &node.lit {
            Lit::Bool(value) => {
                let after = (!value.value).to_string();
                let edit = if value.value { Edit::AlwaysFalse } else { Edit::AlwaysTrue };
                self.add("literal", node, &after, edit);
            }
            Lit::Int(value) => {
                let after = value.base10_parse::<u128>().map_or(0, |number| number.saturating_add(1));
                let after = format!("{after}{}", value.suffix());
                self.add("literal", node, &after, Edit::Replace(after.clone()));
            }
            _ => {}
        }
    }

    fn statement(&mut self, node: &Stmt) {
        if let Stmt::Expr(expr, Some(_)) = node
            && is_call(expr)
        {
            self.add("statement", node, "", Edit::Delete);
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, node: &'ast syn::Item) {
        if !of_item(node).is_none_or(is_left_out) {
            visit::visit_item(self, node);
        }
    }

    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        self.function(&node.sig, &node.block);
    }

    fn visit_item_impl(&mut self, node: &'ast syn::ItemImpl) {
        let trait_path =
            node.trait_.as_ref().map(|(_, path, _)| format!("{} for ", one_line(path))).unwrap_or_default();
        self.functions.push(trait_path + &one_line(&node.self_ty));
        node.items.iter().for_each(|item| self.visit_impl_item(item));
        self.functions.pop();
    }

    fn visit_impl_item(&mut self, node: &'ast syn::ImplItem) {
        if let syn::ImplItem::Fn(node) = node
            && !is_left_out(&node.attrs)
        {
            self.function(&node.sig, &node.block);
        }
    }

    fn visit_trait_item(&mut self, node: &'ast syn::TraitItem) {
        if let syn::TraitItem::Fn(syn::TraitItemFn { attrs, sig, default: Some(body), .. }) = node
            && !is_left_out(attrs)
        {
            self.function(sig, body);
        }
    }

    fn visit_local(&mut self, node: &'ast syn::Local) {
        if !is_left_out(&node.attrs) {
            visit::visit_local(self, node);
        }
    }

    fn visit_field_value(&mut self, node: &'ast syn::FieldValue) {
        if !is_left_out(&node.attrs) {
            visit::visit_field_value(self, node);
        }
    }

    fn visit_stmt(&mut self, node: &'ast Stmt) {
        if !matches!(node, Stmt::Expr(expr, _) if is_left_out(of_expr(expr))) {
            self.statement(node);
            visit::visit_stmt(self, node);
        }
    }

    fn visit_expr(&mut self, node: &'ast Expr) {
        if is_left_out(of_expr(node)) {
            return;
        }
        match node {
            Expr::Binary(node) => self.binary(node),
            Expr::If(node) => self.condition("condition", &node.cond, true),
            Expr::While(node) => self.condition("condition", &node.cond, false),
            Expr::Lit(node) => self.literal(node),
            Expr::Unary(syn::ExprUnary { op: UnOp::Not(_), expr, .. }) => {
                let after = one_line(expr);
                self.add("negation", node, &after, Edit::Replace(after.clone()));
            }
            Expr::Const(_) => return,
            // The length is a constant.
            Expr::Repeat(node) => return self.visit_expr(&node.expr),
            _ => {}
        }
        visit::visit_expr(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        let has_rest = node.arms.iter().any(|arm| matches!(arm.pat, Pat::Wild(_)) && arm.guard.is_none());
        for arm in node.arms.iter().filter(|arm| !is_left_out(&arm.attrs)) {
            let (is_rest, text) = (matches!(arm.pat, Pat::Wild(_)), format!("{} =>", one_line(&arm.pat)));
            match &arm.guard {
                Some((_, guard)) => self.condition("match guard", guard, true),
                None if has_rest && !is_rest => {
                    self.add_at("match arm", arm.pat.span(), text, "", Edit::DeleteArm);
                }
                None => {}
            }
        }
        visit::visit_expr_match(self, node);
    }

    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        if !is_left_out(&node.attrs) {
            visit::visit_arm(self, node);
        }
    }

    // Constants, and what the compiler does not see as an expression.
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_generic_argument(&mut self, _: &'ast syn::GenericArgument) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    fn visit_macro(&mut self, _: &'ast syn::Macro) {}
    fn visit_return_type(&mut self, _: &'ast ReturnType) {}
}

/// Returns the tokens on one line, without comments. A change must not move the lines after it.
pub(crate) fn one_line(node: &impl ToTokens) -> String {
    node.to_token_stream().to_string().replace('\n', " ")
}

fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(node) => has_let(&node.left) || has_let(&node.right),
        _ => false,
    }
}

/// Returns whether the expression is a call, also with `?` or `.await` after it.
fn is_call(expr: &Expr) -> bool {
    match expr {
        Expr::Call(_) | Expr::MethodCall(_) => true,
        Expr::Try(node) => is_call(&node.expr),
        Expr::Await(node) => is_call(&node.base),
        _ => false,
    }
}

fn swapped(operator: &BinOp) -> &'static [&'static str] {
    match operator {
        BinOp::Eq(_) => &["!="],
        BinOp::Ne(_) => &["=="],
        BinOp::Lt(_) => &["<=", ">"],
        BinOp::Le(_) => &["<", ">"],
        BinOp::Gt(_) => &[">=", "<"],
        BinOp::Ge(_) => &[">", "<"],
        BinOp::And(_) => &["||"],
        BinOp::Or(_) => &["&&"],
        BinOp::Add(_) => &["-"],
        BinOp::Sub(_) => &["+"],
        BinOp::Mul(_) => &["/"],
        BinOp::Div(_) => &["*"],
        BinOp::Rem(_) => &["/"],
        BinOp::AddAssign(_) => &["-="],
        BinOp::SubAssign(_) => &["+="],
        BinOp::MulAssign(_) => &["/="],
        BinOp::DivAssign(_) => &["*="],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `before -> after` of every change.
    fn found(text: &str) -> Vec<String> {
        let found = find("a.rs", text).unwrap();
        found.iter().map(|change| format!("{} -> {}", change.before, change.after)).collect()
    }

    #[test]
    fn tests_constants_patterns_and_macros_are_left_out() {
        let text = "#[cfg(test)] mod tests { fn f() { g(); } }\n const A: u8 = 1 + 2;\n const fn h() -> u8 { 1 }\n \
                    #[cfg(not(feature = \"json\"))] fn i() -> bool { j() }\n \
                    #[cfg(target_os = \"macos\")] fn k() -> bool { l() }\n \
                    fn m(a: [u8; 3]) -> A { const B: u8 = 4; println!(\"{}\", 5); if let 6 = a[n] {} [o; 7] }";
        assert_eq!(found(text), ["let 6 = a [n] -> false"]);
    }

    #[test]
    fn an_arm_is_deleted_only_if_another_one_catches_its_values() {
        assert_eq!(found("fn f() -> A { match a { B => c, _ => d } }"), ["B => -> "]);
        assert!(found("fn f() -> A { match a { B => c, E => d } }").is_empty());
    }

    #[test]
    fn a_comparison_becomes_its_neighbour_and_its_opposite() {
        assert_eq!(found("fn f() -> A { b < c }"), ["b < c -> (b) <= (c)", "b < c -> (b) > (c)"]);
    }

    #[test]
    fn an_equal_change_of_one_function_has_another_occurrence() {
        let found = find("a.rs", "fn f() -> A { g(1, 1) }").unwrap();
        assert_eq!(found.iter().map(|change| change.occurrence).collect::<Vec<_>>(), [0, 1]);
    }
}
