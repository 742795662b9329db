//! The graphics adapter of this machine, where it has one.

/// Waits for a future on this thread.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
        std::thread::yield_now();
    }
}

/// Without an adapter the tests say that they skip, but fail under `CI=true`.
pub fn find() -> Option<wgpu::Adapter> {
    let found = wait(wgpu::Instance::default().request_adapter(&wgpu::RequestAdapterOptions::default()));
    if found.is_err() {
        assert!(std::env::var("CI").is_err(), "no graphics adapter; install mesa-vulkan-drivers");
        println!("skipped: no graphics adapter (install mesa-vulkan-drivers)");
    }
    found.ok()
}
