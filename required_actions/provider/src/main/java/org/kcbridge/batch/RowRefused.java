package org.kcbridge.batch;

/** A row that cannot be written. Thrown before anything of it was, so the others of its chunk go on. */
class RowRefused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Outcome.Status status;

    RowRefused(Outcome.Status status, String reason) {
        super(reason, null, false, false);
        this.status = status;
    }

    Outcome outcome(String id) {
        return new Outcome(status, id, getMessage());
    }
}
