//! Declares a number of annotated hooks, given as its factors.

/// `hooks!(10 10)` makes a hundred hooks, in ten modules of ten: function names must differ, and so do their places.
/// Each factor is ten, and there is one at least.
#[macro_export]
macro_rules! hooks {
    (10) => {
        $crate::hooks!(@functions a b c d e f g h i j);
    };
    (10 $($rest:tt)+) => {
        $crate::hooks!(@modules [a b c d e f g h i j] [$($rest)+]);
    };
    (@modules [$($name:ident)*] $rest:tt) => { $(
        mod $name {
            $crate::hooks!(@inside $rest);
        }
    )* };
    (@inside [$($rest:tt)+]) => {
        $crate::hooks!($($rest)+);
    };
    (@functions $($name:ident)*) => { $(
        #[on_shutdown::on_shutdown]
        fn $name() {
            $crate::child::hook();
        }
    )* };
}
