//! Stops the writer at random moments under load, with and without its hook, and counts how many acknowledged records
//! are on the volume.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::records::{Senders, found};
use crate::{Image, Network, Program, Recipe, Run, Unavailable, Volume, WRITER, docker};

const CLIENTS: usize = 3;
/// A stop comes so many milliseconds after the first record, so before and after the first write in the background.
const MOMENT: std::ops::Range<u64> = 50..1500;

/// What became of the records of several lives of one writer on one volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub stops: usize,
    pub acknowledged: usize,
    /// Of the acknowledged.
    pub found: usize,
    /// Lines that are twice there, or half.
    pub broken: usize,
}

/// The same without the hook is the control.
#[derive(Clone, Debug)]
pub struct WriterFigures {
    pub with_hook: Kept,
    pub without_hook: Kept,
}

/// `stops` times with the hook, and a quarter as often without. The moments of the stops follow from the seed.
pub fn writer_figures(stops: usize, seed: u64) -> Result<WriterFigures, Unavailable> {
    docker::ready()?;
    let with_hook = WRITER.image()?;
    let without_hook = Recipe::scratch(Program::new("unhooked_writer")).build()?;
    thread::scope(|scope| {
        let control = scope.spawn(|| kept(&without_hook, stops.div_ceil(4), seed ^ 1));
        let with_hook = kept(&with_hook, stops, seed)?;
        Ok(WriterFigures { with_hook, without_hook: control.join().expect("the control")? })
    })
}

fn kept(image: &Arc<Image>, stops: usize, seed: u64) -> Result<Kept, Unavailable> {
    let mut moments = fastrand::Rng::with_seed(seed);
    let (network, volume) = (Network::create(&["--internal"]), Volume::create());
    let run = Run::new().network(network.name()).flag(&format!("--volume={}:/data", volume.name()));
    let (mut acknowledged, mut last) = (Vec::new(), None);
    for stop in 0..stops {
        let container = run.ready(image);
        let load = Senders::on(container.address(8080)?, &format!("life-{stop}"), CLIENTS, usize::MAX);
        thread::sleep(Duration::from_millis(moments.u64(MOMENT)));
        container.stop().wait().assert_code(0);
        acknowledged.extend(load.acknowledged());
        last = Some(container);
    }
    let lines = last.as_ref().map_or(Ok(Vec::new()), found)?;
    let on_volume: HashSet<&String> = lines.iter().collect();
    Ok(Kept {
        stops,
        acknowledged: acknowledged.len(),
        found: acknowledged.iter().filter(|record| on_volume.contains(record)).count(),
        broken: lines.len() - on_volume.iter().filter(|line| !line.contains("cut off")).count(),
    })
}
