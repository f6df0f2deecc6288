//! Renders the metrics of a real recorder in a `flush` hook and at the end. `RECORDER` replaces it with a recorder that
//! blocks or panics.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::PrometheusBuilder;
use on_shutdown::{ExitMode, HookSettings, Phase, Settings, in_flight, register_sync};
use telemetry::{async_hook, say, sync_hook, work_for_ever};

/// Never returns, or panics.
struct Hostile {
    panics: bool,
}

impl Hostile {
    fn reach<T>(&self) -> T {
        assert!(!self.panics, "the recorder panics");
        loop {
            std::thread::park();
        }
    }
}

impl Recorder for Hostile {
    fn describe_counter(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}
    fn describe_gauge(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}
    fn describe_histogram(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}

    fn register_counter(&self, _key: &Key, _metadata: &Metadata<'_>) -> Counter {
        self.reach()
    }

    fn register_gauge(&self, _key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        self.reach()
    }

    fn register_histogram(&self, _key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        self.reach()
    }
}

fn hooks() {
    sync_hook("leaves", Phase::Deregister);
    let settings = || HookSettings::new().timeout(Duration::from_millis(200));
    register_sync("fails", settings().phase(Phase::Stop), |_| Err::<(), _>("full")).expect("early");
    for number in 0..20 {
        async_hook(&format!("closes_{number}"), Phase::Close);
    }
    let hangs = |_| -> Result<(), String> {
        loop {
            std::thread::park();
        }
    };
    register_sync("hangs", settings().phase(Phase::Close).priority(-1), hangs).expect("early");
}

fn main() {
    hooks();
    let recorder = std::env::var("RECORDER").unwrap_or_default();
    if !recorder.is_empty() {
        metrics::set_global_recorder(Hostile { panics: recorder == "panics" }).expect("the only one");
        sync_hook("last", Phase::Finalize);
        let _guard = Settings::new().install().expect("the settings are right");
        work_for_ever()
    }
    let prometheus = PrometheusBuilder::new().install_recorder().expect("the only one");
    let exporter = prometheus.clone();
    let flush = move |_| {
        exporter.render().lines().for_each(|line| say(&format!("flush: {line}")));
        Ok::<(), String>(())
    };
    register_sync("exports", HookSettings::new().phase(Phase::Finalize), flush).expect("early");
    let handle = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    let works: Vec<_> = (0..3).map(|_| in_flight("job")).collect();
    std::thread::spawn(move || {
        while !on_shutdown::is_draining() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(50));
        drop(works);
    });
    say("ready");
    let report = handle.wait();
    prometheus.render().lines().for_each(|line| say(&format!("end: {line}")));
    std::process::exit(report.exit_code.into())
}
