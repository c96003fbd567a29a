package org.kcbridge.batch;

/** A row found to be refused after some of it was written: its transaction must go. */
final class HalfWritten extends RuntimeException {

    private static final long serialVersionUID = 1L;

    HalfWritten(String reason) {
        super(reason, null, false, false);
    }
}
