//! Generates random numbers, and changes samples at random.

/// Marsaglia's xorshift generator. A seed gives the same numbers on every machine.
pub struct Random(u64);

impl Random {
    /// Returns a generator that begins with this seed.
    pub fn new(seed: u64) -> Self {
        // The multiplication (by the golden ratio) makes neighbouring seeds differ, and the generator must not be at 0.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns a number below the limit.
    ///
    /// # Panics
    /// The limit is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Returns an index into a list of this length.
    ///
    /// # Panics
    /// The length is 0.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("it is below a usize")
    }

    /// Returns one element of the list.
    ///
    /// # Panics
    /// The list is empty.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    /// Returns one of the samples with a few random changes. What is no UTF-8 is replaced.
    ///
    /// # Panics
    /// There are no samples.
    pub fn corrupt_text(&mut self, samples: &[&str]) -> String {
        String::from_utf8_lossy(&self.corrupt(samples)).into_owned()
    }

    /// Returns one of the samples with a few random changes. The result need not be UTF-8.
    ///
    /// # Panics
    /// There are no samples.
    pub fn corrupt(&mut self, samples: &[&str]) -> Vec<u8> {
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
            let length = bytes.len();
            let from = self.index(length + 1);
            let to = from + self.index((length - from).min(12) + 1);
            let new = match self.below(5) {
                0 => self.pick(&WORDS).as_bytes().to_vec(),
                1 => vec![u8::try_from(self.below(256)).expect("it is below 256")],
                2 => bytes[from..to].repeat(2),
                3 => self.pick(samples).as_bytes().to_vec(),
                _ => Vec::new(),
            };
            bytes.splice(from..to, new);
        }
        bytes
    }
}
