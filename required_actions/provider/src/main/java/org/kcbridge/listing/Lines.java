package org.kcbridge.listing;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Lines of JSON, counted: made by one thread, sent by another. */
final class Lines {

    private final StringBuilder text = new StringBuilder();
    private long count;

    Lines add(Consumer<CanonicalJson> members) {
        CanonicalJson line = new CanonicalJson(text).open();
        members.accept(line);
        line.close();
        text.append('\n');
        count++;
        return this;
    }

    /** An answer made of such lines; the last one counts the others, so that a torn answer shows. */
    static final class Answer {

        private static final int BUFFER = 64 * 1024;

        private final OutputStream out;
        private long count;

        Answer(OutputStream plain) {
            this.out = new BufferedOutputStream(plain, BUFFER);
        }

        /** Sends them at once: whoever waits for the rest sees that there is some. */
        void send(Lines lines) {
            try {
                out.write(lines.text.toString().getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
            count += lines.count;
        }

        void end() {
            send(new Lines().add(line -> line.member("end", count)));
        }
    }
}
