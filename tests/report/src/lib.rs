//! Defines names and messages that a wrong escape of XML, JSON or a terminal would break, for the programs under test.

/// The name of a hook that a program registers at run time.
pub const HOSTILE_NAME: &str = "push <a href=\"x\"> & 'b' \u{1b}[31m\u{202e}\u{0} 注文";

/// The message of a panic, in two lines.
pub const HOSTILE_MESSAGE: &str = "</title><script>alert(1)</script> & ]]>\n\u{7}\u{ffff} second line";
