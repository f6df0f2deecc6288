//! Tests B: what the writer has acknowledged is on the volume after the stop, or the report lists what is not.

use containers::{Container, Ended, Network, Program, Recipe, Run, Senders, Volume, WRITER, found, in_docker};
use containers::{Unavailable, writer_figures};

const STOPS: usize = 20;

/// The seed of a run that failed.
const SEED: &str = "TESTS_SEED";

#[test]
fn every_acknowledged_record_is_on_the_volume_after_the_stop() {
    in_docker(|| {
        let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("a number"));
        println!("{SEED}={seed}");
        let figures = writer_figures(STOPS, seed)?;
        println!("{figures:?}");
        let with_hook = &figures.with_hook;
        assert_eq!(with_hook.found, with_hook.acknowledged, "{with_hook:?}");
        assert_eq!((with_hook.stops, with_hook.broken), (STOPS, 0), "{with_hook:?}");
        assert!(with_hook.acknowledged > STOPS, "hardly any load: {with_hook:?}");
        // The control: without the hook the same load and the same stops lose records.
        let without = &figures.without_hook;
        assert!(without.found < without.acknowledged, "nothing was lost without the hook: {without:?}");
        Ok(())
    });
}

/// How a record begins: long enough for a few to fill a disk.
fn record() -> String {
    "record".repeat(30)
}

/// Sends some records to a writer on this volume, and stops it: its end, and how many it had acknowledged.
fn stop_writer(mount: &str, records: usize) -> Result<(Ended, usize), Unavailable> {
    let (image, network) = (WRITER.image()?, Network::create(&["--internal"]));
    let writer = Run::new().network(network.name()).flag(mount).ready(&image);
    let load = Senders::on(writer.address(8080)?, &record(), 1, records);
    let acknowledged = load.acknowledged().len();
    assert_eq!(acknowledged, records);
    Ok((writer.stop().wait(), acknowledged))
}

/// Something that keeps the volume mounted: what docker mounts itself is gone with its last container.
fn holder(volume: &Volume) -> Result<Container, Unavailable> {
    let image = Recipe::scratch(Program::new("plain")).build()?;
    Ok(Run::new().flag(&format!("--volume={}:/data", volume.name())).ready(&image))
}

/// The name, the place, the number and the reason; and exit code 70.
fn assert_says(ended: &Ended, not_written: usize, reason: &str) {
    ended.assert_code(70).assert_before(9).assert_silent("wrote the last");
    ended.assert_said("; 1 failed in ");
    let line = ended.log.iter().find(|line| line.contains("  write_records  ")).expect("a line of the report");
    let error = format!("{not_written} records not written to /data/records: {reason}");
    assert!(line.contains(&error) && line.contains("records.rs:"), "no `{error}`\n{ended}");
}

#[test]
fn a_full_disk_is_exit_code_70_and_the_number_of_records_that_it_did_not_take() {
    in_docker(|| {
        let options = ["--driver=local", "--opt=type=tmpfs", "--opt=device=tmpfs", "--opt=o=size=16k"];
        let volume = Volume::with(&options);
        let holder = holder(&volume)?;
        let (ended, acknowledged) = stop_writer(&format!("--volume={}:/data", volume.name()), 300)?;
        let found = found(&holder)?;
        assert!(!found.is_empty() && found.len() < acknowledged, "{} of {acknowledged} found", found.len());
        // Whole records, in order, and not one that the report does not know of.
        let whole = (0..found.len()).map(|number| format!("{}-0-{number}", record()));
        assert!(whole.eq(found.iter().cloned()), "{found:?}");
        assert_says(&ended, acknowledged - found.len(), "No space left on device");
        Ok(())
    });
}

#[test]
fn a_read_only_volume_is_exit_code_70_and_the_number_of_all_records() {
    in_docker(|| {
        let volume = Volume::create();
        let (ended, acknowledged) = stop_writer(&format!("--volume={}:/data:ro", volume.name()), 100)?;
        assert_says(&ended, acknowledged, "Read-only file system");
        Ok(())
    });
}
