//! Memory that kernels write: results that nothing needs to clear first, and scratch of a thread.
//!
//! No `&mut [f32]` and no `Vec<f32>` ever covers floats that have not been written. New memory is `MaybeUninit<f32>` behind a
//! [`SharedPtr`], which kernels write through raw pointers or as slices of `MaybeUninit` ([`SharedPtr::unwritten`]); it becomes
//! a vector of floats in one place, [`filled`], once all of it is written. [`Scratch`] is cleared when it grows and then used
//! again as it is. So nothing is cleared for each operation, which a step would feel.

use std::cell::Cell;
use std::mem::MaybeUninit;

/// A pointer that tasks share, each writing its own part.
#[derive(Clone, Copy)]
pub struct SharedPtr(*mut f32);

// SAFETY: tasks write disjoint parts: using the pointer is unsafe, and each place where it is used says which part is its own.
unsafe impl Send for SharedPtr {}
// SAFETY: as above.
unsafe impl Sync for SharedPtr {}

impl SharedPtr {
    /// (A method, so that closures capture the wrapper and not the pointer inside.)
    pub fn get(self) -> *mut f32 {
        self.0
    }

    /// The floats from `at` on.
    ///
    /// # Safety
    /// They must be there.
    pub unsafe fn offset(self, at: usize) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { self.0.add(at) })
    }

    /// The `len` floats from `at` on, which may not have been written yet.
    ///
    /// # Safety
    /// They must be there, and nothing else may use them while the slice lives.
    pub unsafe fn unwritten<'a>(self, at: usize, len: usize) -> &'a mut [MaybeUninit<f32>] {
        // SAFETY: the caller's promise; `MaybeUninit` may hold anything.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(at).cast(), len) }
    }
}

/// A vector of `len` floats that `fill` writes whole through the pointer.
///
/// # Safety
/// `fill` must write every element, and only those.
pub unsafe fn filled(len: usize, fill: impl FnOnce(SharedPtr)) -> Vec<f32> {
    let mut values = UnwrittenBuffer::new(len);
    fill(values.ptr());
    // SAFETY: the caller promises that all of it was written.
    unsafe { values.0.assume_init() }.into_vec()
}

/// Memory of one operation that its tasks write before they read it. It is reached by pointer alone: what lies between the parts
/// in use (padding) is never written.
pub struct UnwrittenBuffer(Box<[MaybeUninit<f32>]>);

impl UnwrittenBuffer {
    /// Room for `len` floats.
    pub fn new(len: usize) -> Self {
        Self(Box::new_uninit_slice(len))
    }

    pub fn ptr(&mut self) -> SharedPtr {
        SharedPtr(self.0.as_mut_ptr().cast())
    }
}

thread_local! { static SCRATCH: Cell<Vec<f32>> = const { Cell::new(Vec::new()) }; }

/// This thread's buffer, lent: its contents are left over from earlier uses. (No closure takes it, because the body of a closure
/// is compiled without the instruction set of the kernel around it.)
pub struct Scratch(Vec<f32>);

impl Scratch {
    /// At least `len` floats.
    pub fn take(len: usize) -> Self {
        let mut scratch = SCRATCH.take();
        if scratch.len() < len {
            scratch.resize(len, 0.);
        }
        Self(scratch)
    }

    pub fn values(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        SCRATCH.set(std::mem::take(&mut self.0));
    }
}
