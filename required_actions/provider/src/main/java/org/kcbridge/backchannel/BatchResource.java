package org.kcbridge.backchannel;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.kcbridge.batch.Batch;
import org.kcbridge.batch.Outcome;
import org.kcbridge.batch.StaleFence;

/** Many users written by one request of the sync, each answered for by itself. */
public class BatchResource {

    private final Call call;

    BatchResource(Call call) {
        this.call = call;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Response post(String text) {
        return call.answer(() -> {
            BatchRequest request = BatchRequest.read(Body.parse(text));
            try {
                return Map.of("results", new Batch(call.session(), call.account().getId(), request.fence(), call::adminEvent)
                        .apply(request.writes()).stream().map(Outcome::json).toList());
            } catch (StaleFence stale) {
                throw Refusal.staleFence(stale.highest());
            }
        }, "batch");
    }
}
