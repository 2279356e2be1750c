// Prints each event once, in the order of its queue; started again, it goes on where it stopped.
//   ANTREAN_AMQP_URL=amqp://NAME:PASSWORD@HOST:5672/ java -cp 'JARS/*' Follow.java state.properties
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.ConnectionFactory;
import java.nio.file.*;
import java.time.Instant;
import java.util.*;

public class Follow {
    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[0]), whole = Path.of(args[0] + ".new");
        var state = new Properties(); // where to read on, and the last sequence of each source
        if (Files.exists(file)) state.load(Files.newBufferedReader(file));
        var factory = new ConnectionFactory();
        // For this library a slash at the end is a virtual host without a name.
        factory.setUri(System.getenv("ANTREAN_AMQP_URL").replaceAll("/$", ""));
        factory.setAutomaticRecoveryEnabled(false); // it would read all of it again
        var channel = factory.newConnection().createChannel();
        channel.addShutdownListener(cause -> Runtime.getRuntime().halt(69));
        channel.basicQos(1000);
        // By source and sequence: events that were not given yet, and since when.
        var held = new TreeMap<String, Map.Entry<JsonNode, Instant>>();
        Object next = state.containsKey("next") ? (Object) Long.valueOf(state.getProperty("next")) : "first";
        channel.basicConsume("antrean.journal", false, Map.of("x-stream-offset", next), (tag, message) -> {
            var arrived = new ObjectMapper().readTree(message.getBody());
            held.putIfAbsent("" + arrived.get("source") + arrived.get("sequence"), Map.entry(arrived, Instant.now()));
            held.values().removeIf(each -> {
                String source = each.getKey().get("source").asText();
                long sequence = each.getKey().get("sequence").asLong(), last = Long.parseLong(state.getProperty(source, "0"));
                if (sequence > last + 1 && each.getValue().plusSeconds(60).isAfter(Instant.now())) return false;
                if (sequence > last + 1) System.err.printf("missing: %s from %d to %d%n", source, last + 1, sequence - 1);
                if (sequence > last) System.out.println(each.getKey()); // else it was given before
                state.setProperty(source, "" + Math.max(sequence, last));
                return true;
            });
            channel.basicAck(message.getEnvelope().getDeliveryTag(), false);
            if (!held.isEmpty()) return; // the events before them are still to come
            state.setProperty("next", "" + (1 + (Long) message.getProperties().getHeaders().get("x-stream-offset")));
            try (var out = Files.newBufferedWriter(whole)) { state.store(out, null); }
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        }, tag -> Runtime.getRuntime().halt(69));
    }
}
