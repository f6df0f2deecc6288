//! A random generator for tests: a seed gives the same plans on every machine.

/// Marsaglia's xorshift generator.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // The multiplication (by the golden ratio) makes neighbouring seeds differ, and the generator must not be at 0.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns a number below the limit, which must not be 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = usize::try_from(self.below(from.len() as u64)).expect("a small number");
        *from.get(at).expect("it is below the length")
    }

    /// Returns one of the samples with a few random changes. The result need not be UTF-8.
    pub(crate) fn corrupt(&mut self, samples: &[&str]) -> Vec<u8> {
        /// What a parser may stumble over.
        const WORDS: [&str; 18] = [
            "",
            " ",
            "\n",
            "\0",
            "\u{1b}[2J",
            "\u{202e}",
            "µ",
            "ä",
            "-1",
            "0x",
            "=",
            ";",
            ":",
            ")",
            "99999999999999999999",
            "18446744073709551615",
            "ffffffffffffffff",
            "1e308",
        ];
        let mut bytes = self.pick(samples).as_bytes().to_vec();
        for _ in 0..self.below(5) {
            let at =
                |random: &mut Self, length: usize| usize::try_from(random.below(length as u64 + 1)).expect("small");
            let (from, length) = (at(self, bytes.len()), bytes.len());
            let to = from + at(self, (length - from).min(12));
            let new = match self.below(5) {
                0 => self.pick(&WORDS).as_bytes().to_vec(),
                1 => vec![u8::try_from(self.below(256)).expect("a byte")],
                2 => bytes.get(from..to).unwrap_or_default().repeat(2),
                3 => self.pick(samples).as_bytes().to_vec(),
                _ => Vec::new(),
            };
            bytes.splice(from..to, new);
        }
        bytes
    }
}
