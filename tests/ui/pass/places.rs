//! Every place where a hook can be declared, and other attributes on a hook.

#![deny(warnings)]

pub mod outer {
    pub mod inner {
        /// Public, with documentation.
        #[on_shutdown::on_shutdown]
        #[inline]
        pub fn public() {}

        #[on_shutdown::on_shutdown]
        pub(super) fn of_the_parent() {}

        #[on_shutdown::on_shutdown]
        pub(in crate::outer) async fn of_a_path() {}
    }
}

#[on_shutdown::on_shutdown]
#[cfg(any())]
fn absent(missing: Missing) {}

#[cfg(any())]
#[on_shutdown::on_shutdown]
fn absent(missing: Missing) {}

#[on_shutdown::on_shutdown]
#[deprecated]
fn deprecated() {}

#[on_shutdown::on_shutdown]
#[must_use]
fn must_use() -> Result<(), String> {
    Ok(())
}

struct Local;

impl Local {
    fn method(&self) {
        #[derive(Clone)]
        struct Private;

        #[on_shutdown::on_shutdown]
        fn in_a_body(private: Private) {
            drop(private);
        }
    }
}

fn main() {
    Local.method();
}
