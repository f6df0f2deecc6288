//! What the programs under test have in common: the names that a reader of XML, JSON or a terminal could stumble over.

/// A hook's name, as somebody may give it at run time.
pub const HOSTILE_NAME: &str = "push <a href=\"x\"> & 'b' \u{1b}[31m\u{202e}\u{0} 注文";

/// A panic's message of the same kind, in two lines.
pub const HOSTILE_MESSAGE: &str = "</title><script>alert(1)</script> & ]]>\n\u{7}\u{ffff} second line";
