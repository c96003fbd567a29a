package org.kcbridge.backchannel;

import jakarta.ws.rs.core.Response.Status;
import java.util.LinkedHashMap;
import java.util.Map;

/** An answer that is no success; {@link Call} turns it into JSON and rolls everything back. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int UNPROCESSABLE = 422;

    private final int status;
    private final transient Map<String, Object> body = new LinkedHashMap<>();

    private Refusal(int status, String error) {
        super(error, null, false, false);
        this.status = status;
        body.put("error", error);
    }

    int status() {
        return status;
    }

    Map<String, Object> body() {
        return body;
    }

    Refusal with(String key, Object value) {
        body.put(key, value);
        return this;
    }

    static Refusal unauthorized() {
        return new Refusal(Status.UNAUTHORIZED.getStatusCode(), "unauthorized");
    }

    static Refusal forbidden(String error) {
        return new Refusal(Status.FORBIDDEN.getStatusCode(), error);
    }

    /** @param field JSON path of what is missing or of the wrong type */
    static Refusal badRequest(String field) {
        return new Refusal(Status.BAD_REQUEST.getStatusCode(), "bad_request").with("field", field);
    }

    static Refusal notFound(String error) {
        return new Refusal(Status.NOT_FOUND.getStatusCode(), error);
    }

    static Refusal gone(String error) {
        return new Refusal(Status.GONE.getStatusCode(), error);
    }

    static Refusal unprocessable(String error) {
        return new Refusal(UNPROCESSABLE, error);
    }

    /** @param most rows a request may have */
    static Refusal tooMany(int most) {
        return new Refusal(Status.REQUEST_ENTITY_TOO_LARGE.getStatusCode(), "too_many").with("most", most);
    }

    /** @param highest the number of the newest run that has written */
    static Refusal staleFence(long highest) {
        return new Refusal(Status.CONFLICT.getStatusCode(), "stale_fence").with("fence", highest);
    }

    /** Another write for the same user is taking long; trying again is safe. */
    static Refusal busy() {
        return new Refusal(Status.SERVICE_UNAVAILABLE.getStatusCode(), "busy");
    }
}
