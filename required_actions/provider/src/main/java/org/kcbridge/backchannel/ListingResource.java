package org.kcbridge.backchannel;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.kcbridge.listing.Listing;

/** All users of the realm for the sync to compare with what it knows, as one stream. */
public class ListingResource {

    private static final String ROLE = "digests";
    private static final String NDJSON = "application/x-ndjson";
    private static final int MOST_ATTRIBUTES = 50;

    private final Call call;

    ListingResource(Call call) {
        this.call = call;
    }

    /** @param attributes names with commas; without them nothing is said of what the users have now */
    @GET
    @Path("digests")
    public Response digests(@QueryParam("attributes") String attributes) {
        return stream(listing -> listing.digests(attributes == null ? null : names(attributes)));
    }

    @GET
    @Path("directory")
    public Response directory(@QueryParam("attributes") String attributes) {
        return stream(listing -> listing.directory(attributes == null ? List.of() : names(attributes)));
    }

    private Response stream(Function<Listing, StreamingOutput> which) {
        return call.answer(() -> Response.ok(which.apply(new Listing(call.session())), NDJSON)
                .header(HttpHeaders.CACHE_CONTROL, "no-store").build(), ROLE);
    }

    private static List<String> names(String attributes) {
        List<String> names = Arrays.stream(attributes.split(",")).filter(name -> !name.isEmpty()).toList();
        if (names.size() > MOST_ATTRIBUTES) {
            throw Refusal.badRequest("attributes");
        }
        return names;
    }
}
