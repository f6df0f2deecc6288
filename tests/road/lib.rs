//! Is empty: the package consists of its test.
