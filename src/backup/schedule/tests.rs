//! When a backup is due, also after changes of the clock.

use super::*;
use crate::clock::DateTime;
use jiff::tz::TimeZone;

const DAILY: Plan = Plan::At(civil::time(3, 30, 0, 0));
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn clock(zone: &str) -> Clock {
    Clock::new(TimeZone::get(zone).unwrap())
}

/// The backups of a server that reads these times from the clock, with the newest backup made at
/// `last`.
fn backups_made(
    plan: Plan,
    clock: &Clock,
    mut last: Option<i64>,
    times: impl IntoIterator<Item = i64>,
) -> Vec<String> {
    let mut made = Vec::new();
    let mut tried = None;
    for now in times {
        last = last.map(|last| last.min(now));
        tried = tried.map(|ago| ago + Duration::from_secs(30));
        if plan.is_due(clock, last, now, tried) {
            made.push(clock.format(now));
            (last, tried) = (Some(now), Some(Duration::ZERO));
        }
    }
    made
}

fn at(clock: &Clock, text: &str) -> i64 {
    clock.seconds(DateTime::parse(text).unwrap())
}

/// A time every half minute for `days` days from `from` on.
fn clock_readings(clock: &Clock, from: &str, days: i64) -> impl Iterator<Item = i64> {
    let from = at(clock, from);
    (from..from + days * DAY).step_by(30)
}

#[test]
fn daily_backup_is_made_once_at_its_time() {
    let clock = clock("Asia/Shanghai");
    let last = Some(at(&clock, "2026-03-01 03:30:12"));
    let times = clock_readings(&clock, "2026-03-01 11:00:10", 3);
    let expected = ["2026-03-02 03:30:10", "2026-03-03 03:30:10", "2026-03-04 03:30:10"];
    assert_eq!(backups_made(DAILY, &clock, last, times), expected);
}

#[test]
fn first_backup_is_made_at_once() {
    let clock = clock("Asia/Shanghai");
    let times = clock_readings(&clock, "2026-03-01 11:00:10", 1);
    let expected = ["2026-03-01 11:00:10", "2026-03-02 03:30:10"];
    assert_eq!(backups_made(DAILY, &clock, None, times), expected);
    let every = backups_made(
        Plan::Every(6 * HOUR),
        &clock,
        None,
        clock_readings(&clock, "2026-03-01 11:00:10", 1),
    );
    assert_eq!(every[..2], ["2026-03-01 11:00:10", "2026-03-01 17:00:10"]);
    assert_eq!(every.len(), 4);
}

#[test]
fn missed_backup_is_made_once_after_restart() {
    let clock = clock("Asia/Shanghai");
    let last = Some(at(&clock, "2026-03-01 03:30:12"));
    let times = clock_readings(&clock, "2026-03-09 02:00:00", 1);
    let expected = ["2026-03-09 02:00:00", "2026-03-09 03:30:00"];
    assert_eq!(backups_made(DAILY, &clock, last, times), expected);
    // A restart in the course of a day is no reason for one.
    let times = clock_readings(&clock, "2026-03-01 03:30:30", 1).take(100);
    assert_eq!(backups_made(DAILY, &clock, last, times), [""; 0]);
}

#[test]
fn daylight_saving_days_have_exactly_one_backup() {
    let clock = clock("America/New_York");
    let two = Plan::At(civil::time(2, 30, 0, 0));
    let last = Some(at(&clock, "2026-03-07 02:30:00"));
    let spring = backups_made(two, &clock, last, clock_readings(&clock, "2026-03-07 12:00:00", 2));
    assert_eq!(spring, ["2026-03-08 03:30:00", "2026-03-09 02:30:00"]);
    let one = Plan::At(civil::time(1, 30, 0, 0));
    let last = Some(at(&clock, "2026-10-31 01:30:00"));
    let autumn = backups_made(one, &clock, last, clock_readings(&clock, "2026-10-31 12:00:00", 2));
    assert_eq!(autumn, ["2026-11-01 01:30:00", "2026-11-02 01:30:00"]);
}

#[test]
fn clock_change_causes_neither_extra_nor_no_backups() {
    let clock = clock("UTC");
    for plan in [DAILY, Plan::Every(DAY)] {
        let begun = at(&clock, "2026-03-01 12:00:00");
        let day = |from: i64| (from..from + DAY).step_by(30);
        // A year ahead for a day, back for two, an hour to and fro all the while.
        let times = day(begun)
            .chain(day(begun + 365 * DAY))
            .chain(day(begun + DAY))
            .chain(day(begun + 2 * DAY))
            .enumerate()
            .map(|(nth, time)| if nth % 2 == 0 { time } else { time - HOUR });
        let made = backups_made(plan, &clock, Some(begun - 2 * HOUR), times);
        assert!((4..=9).contains(&made.len()), "{plan:?}: {made:?}");
        let after = made.iter().filter(|at| at.starts_with("2026-03-0")).count();
        assert!(after >= 3, "{plan:?}: {made:?}");
    }
}

#[test]
fn failed_backup_is_retried_after_a_pause() {
    let clock = clock("UTC");
    let (minute, hour) = (Duration::from_secs(60), Duration::from_hours(1));
    for (plan, ago, due) in [
        (DAILY, 59 * minute, false),
        (DAILY, hour, true),
        (Plan::Every(DAY), 59 * minute, false),
        (Plan::Every(600), 9 * minute, false),
        (Plan::Every(600), 10 * minute, true),
    ] {
        assert_eq!(plan.is_due(&clock, None, 0, Some(ago)), due, "{plan:?} {ago:?}");
    }
}

#[test]
fn schedule_follows_the_configuration() {
    let config = Backup::default();
    assert_eq!(Plan::new(&config), DAILY);
    let every = Some(Duration::from_hours(6));
    assert_eq!(Plan::new(&Backup { every, ..config }), Plan::Every(6 * HOUR));
}
