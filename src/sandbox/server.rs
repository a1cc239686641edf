//! Listening on the loopback interface, on a thread of its own, and closing connections that get no
//! answer.
//!
//! The thread makes the sandbox usable from a blocking test as well as from a runtime. Nothing here
//! knows what is asked.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener as StdTcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::answers::Reply;
use super::shared::Shared;
use super::{api, delivery};

/// A request gets no answer on purpose.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the connection is closed without an answer on purpose")]
struct NoAnswer;

/// The server while it runs; dropping it closes every connection.
#[derive(Debug)]
pub(super) struct Server {
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(listener: StdTcpListener, shared: Arc<Shared>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::spawn(begin(Arc::clone(&shared)));
                tokio::select! {
                    () = accept(listener, shared) => {}
                    // The sender is never used, only dropped.
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server has already been printed by its thread.
            let _ = thread.join();
        }
    }
}

async fn begin(shared: Arc<Shared>) {
    let _beginning = shared.beginning.lock().await;
    delivery::first_deliveries(&shared).await;
    shared.begun.send_replace(true);
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    for connection in 0.. {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&shared), connection));
            }
            // Out of descriptors, most likely: wait until some are free again.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, connection: u64) {
    // Without this, small answers wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move {
            match api::handle(shared, request, connection).await {
                Reply::Answer(response) => Ok(response),
                Reply::Silence(_) => Err(NoAnswer),
            }
        }
    });
    // A connection that breaks, by the client or on purpose, concerns nobody else.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
