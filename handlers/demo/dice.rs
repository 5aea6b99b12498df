//! Chance that falls the same way for the same seed.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// The dice of a world.
pub struct Dice(SmallRng);

impl Dice {
    /// Dice that always fall the same way for `seed`.
    pub fn new(seed: u64) -> Self {
        Dice(SmallRng::seed_from_u64(seed))
    }

    /// One of 0 to `sides` - 1; 0 where there are no sides.
    pub fn below(&mut self, sides: i64) -> i64 {
        if sides < 1 { 0 } else { self.0.random_range(0..sides) }
    }

    /// True once in `times` calls, on average.
    pub fn once_in(&mut self, times: i64) -> bool {
        self.below(times) == 0
    }

    /// One of `of`, which is not empty.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())]
    }

    /// One of a list of anything, if there is one.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let sides = i64::try_from(of.len()).unwrap_or(i64::MAX);
        of.get(usize::try_from(self.below(sides)).unwrap_or(0))
    }

    /// A number that is small far more often than large: below `most`.
    pub fn skewed(&mut self, most: i64) -> i64 {
        let high = self.below(most);
        self.below(high + 1)
    }
}
