package org.kcbridge.batch;

/** A newer run has begun to write: nothing of an older one may be written any more. */
public final class StaleFence extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final long highest;

    StaleFence(long highest) {
        super("stale fence", null, false, false);
        this.highest = highest;
    }

    public long highest() {
        return highest;
    }
}
