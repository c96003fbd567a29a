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

        /** Bytes: who reads a stream with patience waits for this much at a time (docs/protocol.md). */
        private static final int LEAST = 4096;

        private final OutputStream out;
        private long count;

        Answer(OutputStream plain) {
            this.out = new BufferedOutputStream(plain, BUFFER);
        }

        /** What one page came to, at once. Of a page with little to tell blanks are sent: that it was read is news too. */
        void send(Lines lines) {
            write(lines, LEAST);
        }

        void end() {
            write(new Lines().add(line -> line.member("end", count)), 0);
        }

        private void write(Lines lines, int least) {
            byte[] told = lines.text.toString().getBytes(StandardCharsets.UTF_8);
            try {
                out.write(told);
                if (told.length < least) {
                    out.write((" ".repeat(least - told.length - 1) + '\n').getBytes(StandardCharsets.UTF_8));
                }
                out.flush();
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
            count += lines.count;
        }
    }
}
