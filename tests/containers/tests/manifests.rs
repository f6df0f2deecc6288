//! Tests the files next to the example service with the tools that they are written for, or with their published
//! schemas.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use containers::gateway::service_image;
use containers::{Ended, Project, Run, Swarm, Unavailable, get, if_available, in_docker, installed, repository};
use yaml_rust2::{Yaml, YamlLoader};

const COMPOSE: &str = "examples/platforms/http/compose.yaml";
const STACK: &str = "examples/platforms/http/stack.yaml";
const KUBERNETES: &str = "examples/platforms/http/kubernetes.yaml";

/// What both name the image by.
const IMAGE: &str = "PLATFORM_HTTP_IMAGE";
/// Where the service listens, as the compose file says.
const PORT: u16 = 8080;
const GRACE_PERIOD: &str = "ON_SHUTDOWN_GRACE_PERIOD";

fn text(file: &str) -> String {
    let path = repository().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn documents(file: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[track_caller]
fn word(yaml: &Yaml) -> &str {
    yaml.as_str().unwrap_or_else(|| panic!("{yaml:?} is not text"))
}

#[track_caller]
fn number(yaml: &Yaml) -> i64 {
    yaml.as_i64().unwrap_or_else(|| panic!("{yaml:?} is not a number"))
}

/// Returns how often the log contains a shutdown by SIGTERM in which the service's one hook completed.
fn reports(ended: &Ended) -> usize {
    let report = |line: &&String| line.contains("shutdown report: SIGTERM from ") && line.contains("; 1 completed in ");
    ended.log.iter().filter(report).count()
}

fn up() -> Result<Project, Unavailable> {
    let project = Project::of(COMPOSE, "http", IMAGE, service_image()?)?;
    let address = project.up(PORT);
    project.wait_for("ready");
    assert_eq!(get(address, "/health"), Ok((200, "ready\n".to_owned())));
    Ok(project)
}

#[test]
fn compose_restart_and_down_are_shutdowns_in_order() {
    in_docker(|| {
        let project = up()?;
        let restarted = project.restart();
        assert_eq!(reports(restarted.assert_code(0)), 1, "{restarted}");
        let ended = project.down();
        assert_eq!(reports(ended.assert_code(0)), 2, "{ended}");
        // The same container, which was started twice.
        assert_eq!(ended.log.iter().filter(|line| *line == "ready").count(), 2, "{ended}");
        Ok(())
    });
}

/// The control: an end that is none in order is seen as such.
#[test]
fn compose_kill_is_no_shutdown_in_order() {
    in_docker(|| {
        let killed = up()?.kill();
        assert_eq!(reports(killed.assert_code(137)), 0, "{killed}");
        Ok(())
    });
}

/// A smoke test, and no proof that nothing is lost: a swarm takes a task from its list 2 s before SIGTERM, so that even
/// a program which ends at once loses nothing on fresh connections.
#[test]
fn a_swarm_replaces_every_task_and_each_one_ends_in_order() {
    in_docker(|| {
        let image = service_image()?;
        let swarm = Swarm::init()?;
        let stack = swarm.deploy(STACK, "http", IMAGE, image);
        assert_eq!(stack.inspect("{{.Spec.EndpointSpec.Mode}}"), "dnsrr");
        let old = stack.ready(3);
        let new = stack.update().ready(3);
        assert!(!new.iter().any(|task| old.contains(task)), "{old:?}, {new:?}");
        for task in old {
            let ended = stack.ended(&task);
            assert_eq!(reports(ended.assert_code(0)), 1, "{ended}");
        }
        Ok(())
    });
}

#[test]
fn every_manifest_tells_the_program_the_grace_period_that_it_gives() {
    for file in [COMPOSE, STACK] {
        let service = &documents(file)[0]["services"]["http"];
        assert_eq!(word(&service["stop_grace_period"]), word(&service["environment"][GRACE_PERIOD]), "{file}");
    }
    let pod = pod();
    let seconds = number(&pod["terminationGracePeriodSeconds"]);
    assert_eq!(grace_period_of(&pod["containers"][0]), format!("{seconds}s"));
}

fn pod() -> Yaml {
    documents(KUBERNETES)[0]["spec"]["template"]["spec"].clone()
}

/// The value of the container's variable.
fn grace_period_of(container: &Yaml) -> &str {
    let variables = container["env"].as_vec().expect("a list of variables");
    let variable = variables.iter().find(|variable| word(&variable["name"]) == GRACE_PERIOD);
    word(&variable.expect("the variable")["value"])
}

/// The drain delay is the program's own, and `preStop` would take from the same grace period.
#[test]
fn kubernetes_needs_no_pre_stop_hook() {
    assert!(pod()["containers"][0]["lifecycle"].is_badvalue());
}

#[test]
fn the_kubernetes_service_leads_to_the_pods_and_to_their_port() {
    let documents = documents(KUBERNETES);
    let [deployment, service] = &documents[..] else { panic!("{} documents", documents.len()) };
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&service["spec"]["selector"], labels);
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    let target = &service["spec"]["ports"][0]["targetPort"];
    assert_eq!(&pod()["containers"][0]["ports"][0]["name"], target);
}

/// The paths and the port are read from the manifest; a running service answers.
#[test]
fn kubernetes_probes_ask_what_the_service_answers_before_and_during_a_shutdown() {
    in_docker(|| {
        let pod = pod();
        let container = &pod["containers"][0];
        let port = u16::try_from(number(&container["ports"][0]["containerPort"])).expect("a port");
        let path = |probe: &str| {
            let request = &container[probe]["httpGet"];
            assert_eq!(request["port"], container["ports"][0]["name"]);
            word(&request["path"]).to_owned()
        };
        let (readiness, liveness) = (path("readinessProbe"), path("livenessProbe"));
        let run = Run::new().network("bridge").publish(port);
        let replica = run.env(GRACE_PERIOD, grace_period_of(container)).ready(&service_image()?);
        let address = replica.published(port);
        let status = |path: &str| get(address, path).map(|(status, _)| status);
        assert_eq!((status(&readiness), status(&liveness)), (Ok(200), Ok(200)));
        assert_eq!(status("/no-such-path"), Ok(404), "a service that says yes to everything proves nothing");
        replica.kill("TERM");
        let begin = Instant::now();
        while status(&readiness) == Ok(200) && begin.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!((status(&readiness), status(&liveness)), (Ok(503), Ok(200)));
        replica.wait().assert_code(0);
        Ok(())
    });
}

/// The program's own opinion of the numbers that the manifests give it.
#[test]
fn the_program_accepts_the_grace_period_of_every_manifest() {
    in_docker(|| {
        let image = service_image()?;
        let [compose, stack] =
            [COMPOSE, STACK].map(|file| word(&documents(file)[0]["services"]["http"]["stop_grace_period"]).to_owned());
        for grace_period in [&compose, &stack, grace_period_of(&pod()["containers"][0])] {
            let ended = Run::new().env("ON_SHUTDOWN", "plan").env(GRACE_PERIOD, grace_period).start(&image).wait();
            let seconds = grace_period.strip_suffix('s').expect("seconds");
            ended.assert_code(0).assert_said(&format!("shutdown plan: 1 hook, grace period {seconds} s"));
        }
        Ok(())
    });
}

/// The oldest and the newest version that the package has the schema of.
const VERSIONS: [&str; 2] = ["1.25.0", "1.37.0"];

fn validate(program: &PathBuf, version: &str, manifest: &str) -> (bool, String) {
    let file = program.with_file_name(format!("manifest-{}-{version}.yaml", std::process::id()));
    fs::write(&file, manifest).expect("a file");
    let output = Command::new(program).args(["--strict", "--kubernetes-version", version]).arg(&file).output();
    let _ = fs::remove_file(&file);
    let output = output.expect("the program starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn the_kubernetes_manifest_follows_the_published_schema() {
    if_available(|| {
        let program = installed("kubernetes-validate", "1.37.0", "kubernetes-validate")?;
        let manifest = text(KUBERNETES);
        // The control: a misspelt word.
        let misspelt = manifest.replace("terminationGracePeriodSeconds", "terminationGracePeriod");
        assert_ne!(misspelt, manifest);
        for version in VERSIONS {
            let (valid, said) = validate(&program, version, &manifest);
            assert!(valid, "{said}");
            for resource in ["deployment/platform-http", "service/platform-http"] {
                assert!(said.contains(&format!("passed for resource {resource}")), "{said}");
            }
            let (valid, said) = validate(&program, version, &misspelt);
            assert!(!valid && said.contains("'terminationGracePeriod' was unexpected"), "{said}");
        }
        Ok(())
    });
}
