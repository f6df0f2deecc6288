use process::{Program, Signal};
use tokio::runtime::Runtime;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

use crate::client::address;

type Codec = ProstCodec<(), String>;

async fn next<T>(stream: &mut Streaming<T>) -> Option<T> {
    stream.message().await.expect("the stream ends without an error")
}

async fn order(mut client: Grpc<Channel>) -> Result<String, Status> {
    client.ready().await.expect("connected");
    let path = "/cookbook.Orders/Order".parse().expect("a path");
    client.unary(Request::new(()), path, Codec::default()).await.map(tonic::Response::into_inner)
}

async fn news(mut client: Grpc<Channel>) -> Streaming<String> {
    client.ready().await.expect("connected");
    let path = "/cookbook.Orders/News".parse().expect("a path");
    client.server_streaming(Request::new(()), path, Codec::default()).await.expect("a stream").into_inner()
}

#[test]
fn the_status_changes_before_the_drain_and_all_streams_end() {
    let mut running = Program::new(env!("CARGO_BIN_EXE_tonic_health")).start();
    let endpoint = Endpoint::from_shared(format!("http://{}", address(&running))).expect("an address");
    let runtime = Runtime::new().expect("a runtime");
    let (mut health, mut news, order) = runtime.block_on(async {
        let channel = endpoint.connect().await.expect("the program listens");
        let mut health = HealthClient::new(channel.clone());
        let mut health = health.watch(HealthCheckRequest::default()).await.expect("a stream").into_inner();
        assert_eq!(next(&mut health).await.expect("a status").status(), ServingStatus::Serving);
        let mut news = news(Grpc::new(channel.clone())).await;
        assert_eq!(next(&mut news).await.as_deref(), Some("news 0"));
        (health, news, tokio::spawn(order(Grpc::new(channel))))
    });
    running.out_line("a call has begun");
    running.signal(Signal::SIGTERM);
    runtime.block_on(async {
        assert_eq!(next(&mut health).await.expect("a status").status(), ServingStatus::NotServing);
        assert!(next(&mut health).await.is_none(), "the status is the last message");
        let mut last = None;
        while let Some(message) = next(&mut news).await {
            last = Some(message);
        }
        assert_eq!(last.as_deref(), Some("this server stops"));
        assert_eq!(order.await.expect("no panic").expect("answered"), "order 17, complete");
    });
    running.wait().assert_code(0).assert_err("2 completed").assert_no_err("cut off");
}
