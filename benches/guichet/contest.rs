//! Measures servers in alternation, so that other activity on the machine affects all of them
//! alike.

use crate::load::{Load, Sample};
use crate::process::Running;
use std::time::Duration;

/// One server under one load.
pub struct Side<'a> {
    pub name: &'static str,
    pub server: &'a Running,
    pub load: Load,
}

/// Duration and number of rounds.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    pub time: Duration,
    /// A smoke run: small data too.
    pub quick: bool,
}

/// All rounds of one side.
#[derive(Debug, Clone)]
pub struct Series {
    pub name: &'static str,
    samples: Vec<Sample>,
}

/// Measure every side once a round; every other round in the opposite order.
pub fn alternate(effort: Effort, sides: &[Side<'_>]) -> Vec<Series> {
    let mut all: Vec<Series> = sides.iter().map(|side| Series::new(side.name)).collect();
    for round in 0..effort.rounds {
        for step in 0..sides.len() {
            let index = if round % 2 == 0 { step } else { sides.len() - 1 - step };
            let Side { server, load, .. } = &sides[index];
            all[index].add(load.run(server.address(), server.pid(), effort.time));
        }
    }
    all
}

impl Series {
    /// Nothing measured yet.
    pub fn new(name: &'static str) -> Self {
        Series { name, samples: Vec::new() }
    }

    /// One more round.
    pub fn add(&mut self, sample: Sample) {
        let Sample { rate, p50, p99, cpu, .. } = sample;
        let name = self.name;
        eprintln!("    {name}: {rate:.0}/s, p50 {p50:.3} ms, p99 {p99:.3} ms, CPU {cpu:.1} µs");
        self.samples.push(sample);
    }

    /// The median of `of` over all rounds.
    pub fn median(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        Spread::of(self.each(of)).median
    }

    /// The value of `of` for each round.
    pub fn each(&self, of: impl Fn(&Sample) -> f64) -> Vec<f64> {
        self.samples.iter().map(of).collect()
    }

    /// Our value divided by theirs, for each round.
    pub fn over(&self, other: &Series, of: impl Fn(&Sample) -> f64) -> Spread {
        let pairs = self.samples.iter().zip(&other.samples);
        Spread::of(pairs.map(|(ours, theirs)| of(ours) / of(theirs)).collect())
    }

    /// Requests with a wrong answer, in all rounds.
    pub fn refused(&self) -> usize {
        self.samples.iter().map(|sample| sample.refused).sum()
    }
}

/// Median, minimum and maximum of several measurements.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            0 => f64::midpoint(values[middle - 1], values[middle]),
            _ => values[middle],
        };
        Spread { median, low: values[0], high: values[values.len() - 1] }
    }
}
