//! Makes hooks with random durations that are `after` random others, from a seed. Computes the critical path.

pub const HOOKS: usize = 200;

/// How long each hook takes, in milliseconds, and the earlier ones that it is `after`.
pub struct Graph {
    pub lengths: Vec<u64>,
    pub after: Vec<Vec<usize>>,
}

impl Graph {
    /// Each is after none, one or two of the twenty before it, and takes 1 to 20 ms.
    pub fn random(seed: u64) -> Self {
        let mut state = seed;
        let mut below = |limit: usize| (splitmix(&mut state) % limit as u64) as usize;
        let lengths = (0..HOOKS).map(|_| 1 + below(20) as u64).collect();
        let earlier = |hook: usize| {
            let mut chosen: Vec<usize> = match hook {
                0 => Vec::new(),
                _ => (0..below(3)).map(|_| hook - 1 - below(hook.min(20))).collect(),
            };
            chosen.dedup();
            chosen
        };
        Self { lengths, after: (0..HOOKS).map(earlier).collect() }
    }

    /// The longest sum of lengths along `after`.
    pub fn critical_path(&self, lengths: &[u64]) -> u64 {
        let mut ends: Vec<u64> = Vec::new();
        for (after, length) in self.after.iter().zip(lengths) {
            let start = after.iter().map(|earlier| ends[*earlier]).max().unwrap_or(0);
            ends.push(start + length);
        }
        ends.into_iter().max().unwrap_or(0)
    }

    /// The time with a barrier after each level of the graph, as phases without `after` would have it.
    pub fn with_barriers(&self, lengths: &[u64]) -> u64 {
        let mut levels: Vec<usize> = Vec::new();
        let mut longest: Vec<u64> = Vec::new();
        for (after, length) in self.after.iter().zip(lengths) {
            let level = after.iter().map(|earlier| levels[*earlier] + 1).max().unwrap_or(0);
            levels.push(level);
            longest.resize(longest.len().max(level + 1), 0);
            longest[level] = longest[level].max(*length);
        }
        longest.into_iter().sum()
    }
}

/// Vigna's splitmix64.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
