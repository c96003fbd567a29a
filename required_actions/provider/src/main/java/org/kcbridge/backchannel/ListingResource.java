package org.kcbridge.backchannel;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.kcbridge.listing.Listing;
import org.kcbridge.listing.Summary;

/** All users of the realm for the sync to compare with what it knows, as one stream. */
public class ListingResource {

    private static final String ROLE = "digests";
    private static final String NDJSON = "application/x-ndjson";
    private static final int MOST_ATTRIBUTES = 50;
    private static final int MOST_BUCKETS = 500;
    private static final Pattern SEED = Pattern.compile("[0-9a-zA-Z]{1,64}");

    private final Call call;

    ListingResource(Call call) {
        this.call = call;
    }

    /**
     * @param attributes names with commas; without them nothing is said of what the users have now
     * @param buckets numbers with commas; without them all users are listed
     */
    @GET
    @Path("digests")
    public Response digests(@QueryParam("attributes") String attributes, @QueryParam("buckets") String buckets) {
        return stream(listing -> listing.digests(optionalNames(attributes), optionalNumbers(buckets)));
    }

    @GET
    @Path("digests/summary")
    public Response summary(@QueryParam("attributes") String attributes, @QueryParam("seed") String seed) {
        return stream(listing -> listing.summary(optionalNames(attributes), seed(seed)));
    }

    @GET
    @Path("directory")
    public Response directory(@QueryParam("attributes") String attributes, @QueryParam("buckets") String buckets) {
        return stream(listing -> listing.directory(attributes == null ? List.of() : names(attributes),
                optionalNumbers(buckets)));
    }

    private Response stream(Function<Listing, StreamingOutput> which) {
        return call.answer(() -> Response.ok(which.apply(new Listing(call.session())), NDJSON)
                .header(HttpHeaders.CACHE_CONTROL, "no-store").build(), ROLE);
    }

    private static List<String> optionalNames(String attributes) {
        return attributes == null ? null : names(attributes);
    }

    private static List<String> names(String attributes) {
        List<String> names = Arrays.stream(attributes.split(",")).filter(name -> !name.isEmpty()).toList();
        if (names.size() > MOST_ATTRIBUTES) {
            throw Refusal.badRequest("attributes");
        }
        return names;
    }

    private static BitSet optionalNumbers(String buckets) {
        return buckets == null ? null : numbers(buckets);
    }

    private static BitSet numbers(String buckets) {
        String[] numbers = buckets.split(",");
        if (numbers.length > MOST_BUCKETS) {
            throw Refusal.badRequest("buckets");
        }
        BitSet chosen = new BitSet(Summary.BUCKETS);
        for (String number : numbers) {
            chosen.set(bucket(number));
        }
        return chosen;
    }

    private static int bucket(String number) {
        try {
            int bucket = Integer.parseInt(number);
            if (bucket >= 0 && bucket < Summary.BUCKETS) {
                return bucket;
            }
        } catch (NumberFormatException none) {
            // Refused below, as one there is not.
        }
        throw Refusal.badRequest("buckets");
    }

    private static String seed(String seed) {
        if (seed == null || !SEED.matcher(seed).matches()) {
            throw Refusal.badRequest("seed");
        }
        return seed;
    }
}
